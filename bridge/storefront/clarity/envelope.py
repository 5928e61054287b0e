"""What a Clarity webhook's envelope says (clarity.md 2.7). It is a hint: the resource is read back before it counts."""

import json
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.fleet import PRODUCT, Envelope
from bridge.ports.erp import CUSTOMER, ORDER
from bridge.ports.events import Event

_DOCUMENTS = {"order": ORDER, "customer": CUSTOMER, "product": PRODUCT}
"""Resource types that records are told of; events of others are kept raw."""

_PAYMENT = "payment"
"""Belongs to the order that its `orderId` names; that an event of a payment carries one is our own (clarity.md 2.7)."""


class _Resource(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str = Field(max_length=64)
    id: str = Field(min_length=1, max_length=64)
    version: int = Field(ge=0)
    updatedAt: datetime | None = None  # noqa: N815  the site's own name


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")

    siteId: str = Field("main", max_length=64)  # noqa: N815  the site's own name
    resource: _Resource | None = None
    data: dict[str, object] | None = None


def read_envelope(event: Event) -> Envelope:
    """The envelope of an event; raises `ValueError` naming field and value when it cannot be understood. Pure."""
    try:
        raw = json.loads(event.body, parse_float=Decimal)
        body = _Body.model_validate(raw)
    except ValidationError as fault:
        error = fault.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in error["loc"]) or "body"
        raise ValueError(f"{place}: {error['msg']} (got {str(error['input'])[:80]!r})") from None
    except (ValueError, RecursionError) as fault:
        raise ValueError(f"body is not JSON: {str(fault)[:120]}") from None
    if body.resource is None:
        if event.topic == "ping":
            return Envelope(document=None, source_id="", version=0, site=body.siteId)
        raise ValueError("resource: required, since an event must name what it is about")
    updated_at = body.resource.updatedAt
    if updated_at is not None and updated_at.tzinfo is None:
        raise ValueError(f"resource.updatedAt: needs a zone (got {updated_at.isoformat()!r})")
    order_id = (body.data or {}).get("orderId") if body.resource.type == _PAYMENT else None
    if isinstance(order_id, str) and 0 < len(order_id) <= 64:
        return Envelope(document=ORDER, source_id=order_id, version=0, site=body.siteId, of_part=True)
    return Envelope(
        document=_DOCUMENTS.get(body.resource.type),
        source_id=body.resource.id,
        version=body.resource.version,
        site=body.siteId,
        updated_at=updated_at,
        data=body.data,
    )
