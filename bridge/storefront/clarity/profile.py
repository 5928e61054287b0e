"""A profile: all that may differ from one Clarity site to the next, as data (reference clarity.md 2.12).

Keys are camelCase in the file. `naming.map` and `enums` are keyed by `document.field`, such as `order.status` or
`line.uom`, with the names of `bridge.documents`; the values of `naming.map` are paths in the site's own JSON.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel, to_pascal


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("not a time zone; use a name such as America/New_York") from None
    return name


UrlPath = Annotated[str, Field(pattern=r"^/")]


# Each order read asks for some hundred of these few names, and pydantic's spelling of one takes longer than its value.
_camel, _pascal = cache(to_camel), cache(to_pascal)


@cache
def _key(document: str, field: str) -> str:
    return f"{document}.{_camel(field)}"


class Part(BaseModel):
    """One part of a profile: strict, frozen, camelCase in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel)


class Auth(Part):
    """How a request proves who sends it; `header` carries the API key."""

    mode: Literal["oauth2_client_credentials", "api_key"]
    token_path: UrlPath
    client_auth: Literal["basic", "body"]
    scopes: tuple[str, ...]
    header: str


class Naming(Part):
    """How the site spells field names."""

    case: Literal["camel", "pascal"]
    map: dict[str, str]

    def path(self, document: str, field: str) -> str:
        """The path in the site's JSON of a document's field, such as ("line", "unit_price") -> `unitPrice`."""
        return self.map.get(_key(document, field), _camel(field) if self.case == "camel" else _pascal(field))


class OrderPaths(Part):
    """Order calls under the base path; `{id}` stands for the order's id."""

    listing: UrlPath = Field(alias="list")
    one: UrlPath = Field(alias="get")
    update: UrlPath
    acknowledge: UrlPath
    acknowledgements: UrlPath


class AmendedPaths(Part):
    """Calls on accounts and products; `{id}` stands for the account's id, `{sku}` for the product's."""

    listing: UrlPath = Field(alias="list")
    one: UrlPath = Field(alias="get")
    update: UrlPath


class BatchPaths(Part):
    """Calls on figures that are written in batches; the list takes a sku as a filter."""

    listing: UrlPath = Field(alias="list")
    batch: UrlPath


class RowPaths(Part):
    """Calls on figures that are written one by one; `{code}` stands for a price list, `{id}` for an account."""

    listing: UrlPath = Field(alias="list")
    put: UrlPath


class CreatedPaths(Part):
    """Calls on what is created once and amended later; the list takes an external reference as a filter."""

    listing: UrlPath = Field(alias="list")
    create: UrlPath
    one: UrlPath = Field(alias="get")
    update: UrlPath


class PaymentPaths(Part):
    """Payments are created and never changed."""

    listing: UrlPath = Field(alias="list")
    create: UrlPath


class Paths(Part):
    """Every path by resource."""

    orders: OrderPaths
    customers: AmendedPaths
    products: AmendedPaths
    inventory: BatchPaths
    prices: BatchPaths
    price_lists: RowPaths
    contract_prices: RowPaths
    shipments: CreatedPaths
    invoices: CreatedPaths
    payments: PaymentPaths


class Verbs(Part):
    """The HTTP methods of the writes; `create` is for batches too."""

    update: Literal["PATCH", "PUT", "POST"]
    acknowledge: Literal["PATCH", "PUT", "POST"]
    create: Literal["PUT", "POST"]
    put: Literal["PATCH", "PUT", "POST"]


class PageParams(Part):
    """Names of the query parameters of a list call, and those that every list call carries."""

    cursor: str
    page: str
    size: str
    always: dict[str, str]


class PageResponse(Part):
    """Where a list's answer keeps its parts; `as_of` falls back to the Date header."""

    items: str
    next: str
    total_pages: str
    as_of: str


class Paging(Part):
    """How a list is walked."""

    mode: Literal["cursor", "page"]
    params: PageParams
    response: PageResponse


class Incremental(Part):
    """The change filter. `format` is `rfc3339` or a strftime pattern in `timezone`; times without a zone are in it."""

    param: str
    overlap_s: int = Field(ge=0)
    format: str
    timezone: Annotated[str, AfterValidator(_known_zone)]

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def overlap(self) -> timedelta:
        """How far a watermark stays behind the site's clock."""
        return timedelta(seconds=self.overlap_s)

    def spell(self, moment: datetime) -> str:
        """`moment` as the site's filter wants it, never later than `moment`."""
        if self.format == "rfc3339":
            return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
        local = moment.astimezone(self.zone)
        while local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
            # the hour that clocks show twice: the site may take it for either, so ask from before it
            local = (local.astimezone(UTC) - timedelta(hours=1)).astimezone(self.zone)
        return local.strftime(self.format)


class Success(Part):
    """What makes an answer a success: its HTTP status, or with `jsonPath` also a true value at `path`."""

    test: Literal["http", "jsonPath"]
    path: str


class Failure(Part):
    """Where a failed answer says why. `codes` translates the site's codes to those of clarity.md 2.3."""

    code: str
    text: str
    field: str
    codes: dict[str, str]


class Idempotency(Part):
    """How a repeated write is kept from taking effect twice; `naturalKey` reads back before it writes.

    `replayed` is the header of an answer that the site gives again because it knows the key.
    """

    mode: Literal["header", "naturalKey"]
    header: str
    replayed: str


class Limits(Part):
    """The site's limits per credential; `advertised` is the header that tells the present burst.

    `page_size` and `batch` are rows a call.
    """

    rps: int = Field(gt=0)
    burst: int = Field(gt=0)
    page_size: int = Field(gt=0)
    batch: int = Field(gt=0)
    advertised: str


class Profile(Part):
    """How one kind of site speaks."""

    name: str
    base_path: str
    site_header: str
    auth: Auth
    naming: Naming
    paths: Paths
    verbs: Verbs
    paging: Paging
    incremental: Incremental
    success: Success
    failure: Failure
    idempotency: Idempotency
    concurrency: Literal["etag", "none"]
    enums: dict[str, dict[str, str]]
    limits: Limits

    def canonical(self, enum: str, word: str) -> str:
        """Our word for the site's; a word never seen passes through, for a rule further on to hold the order."""
        return self.enums.get(enum, {}).get(word, word)

    def site_word(self, enum: str, word: str) -> str:
        """The site's word for ours."""
        ours_to_theirs = {ours: theirs for theirs, ours in self.enums.get(enum, {}).items()}
        return ours_to_theirs.get(word, word)
