"""A postal address as a storefront gives it, before any ERP's widths."""

from bridge.documents.base import Document


class Address(Document):
    """Names and lines are free text; `country_code` is ISO 3166-1 alpha-2, `region_code` the state or province."""

    name: str | None = None
    company: str | None = None
    line1: str | None = None
    line2: str | None = None
    line3: str | None = None
    city: str | None = None
    region_code: str | None = None
    region_name: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone: str | None = None
    email: str | None = None
