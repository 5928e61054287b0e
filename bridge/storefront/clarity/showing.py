"""Shows a Clarity site what the ERP owns: figures in batches, the rest one by one (reference clarity.md 2.8)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.documents import CustomerTerms, ItemFacts, OrderStatus, PriceFigure, StockFigure
from bridge.documents.base import Document
from bridge.errors import Refused, Throttled, TidegateError, TryLater, Unauthorised, Unreachable
from bridge.ports.erp import ResultLine
from bridge.ports.showing import Publication, only_class
from bridge.storefront.clarity.amending import Amending
from bridge.storefront.clarity.client import ClarityClient
from bridge.storefront.clarity.looking import Looking
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.showing_batches import Batches
from bridge.storefront.clarity.showing_changes import Changing
from bridge.storefront.clarity.showing_creates import Creating
from bridge.storefront.clarity.telling import Telling
from bridge.storefront.result_lines import line_for

FAILURES_IN_A_ROW = 3
"""After so many requests without an answer the rest of a call is left for later: each costs a whole time-out."""

Unit = Sequence[Publication]
"""What goes in one request."""


@dataclass(frozen=True)
class Showing:
    """The writing half of the showcase, for one site."""

    client: ClarityClient
    profile: Profile
    connection: str

    def show(self, publications: Sequence[Publication]) -> list[ResultLine]:
        """As the port says."""
        if not publications:
            return []
        document = only_class(publications)
        if document in {StockFigure, PriceFigure}:
            return self._figures(publications)
        writers = {
            OrderStatus: self._changing.order_status,
            ItemFacts: self._changing.item_facts,
            CustomerTerms: self._changing.customer_terms,
        }
        create = Creating(self._amending, Looking(self.client, self.profile)).create
        return in_turn([[each] for each in publications], one_by_one(writers.get(document, create)))

    def _figures(self, publications: Sequence[Publication]) -> list[ResultLine]:
        """Stock and standard prices go in batches; prices of lists and accounts have no batch call (2.8)."""
        placed = [each for each in publications if _is_placed(each.document)]
        plain = [each for each in publications if not _is_placed(each.document)]
        size = self.profile.limits.batch
        units = [plain[start : start + size] for start in range(0, len(plain), size)]
        lines = in_turn(units, Batches(self.client, self.profile, self.connection).write)
        return lines + in_turn([[each] for each in placed], one_by_one(self._changing.placed_prices(placed)))

    @property
    def _amending(self) -> Amending:
        return Amending(self.client, self.profile, self.connection)

    @property
    def _changing(self) -> Changing:
        telling = Telling(self.client, self.profile, self.connection)
        return Changing(self._amending, Looking(self.client, self.profile), telling)


def one_by_one(write: Callable[[Publication], ResultLine]) -> Callable[[Unit], list[ResultLine]]:
    """Writes the publications of a unit, each on its own."""
    return lambda unit: [write(each) for each in unit]


def in_turn(units: Sequence[Unit], write: Callable[[Unit], list[ResultLine]]) -> list[ResultLine]:
    """Writes unit after unit; an error is a line of each publication in it, and of all not sent because of it.

    Raises `Misconfigured`.
    """
    lines: list[ResultLine] = []
    unanswered = 0
    for place, unit in enumerate(units):
        try:
            lines += write(unit)
            unanswered = 0
        except TidegateError as error:
            lines += [line_for(each, _named(error, each)) for each in unit]
            unanswered = 0 if isinstance(error, Refused) else unanswered + 1
            if (rest := _for_the_rest(error, unanswered)) is not None:
                return lines + [line_for(each, rest) for left in units[place + 1 :] for each in left]
    return lines


def _named(error: TidegateError, publication: Publication) -> TidegateError:
    """The error; a refusal that names no field is about the thing itself, which its key names."""
    if not isinstance(error, Refused) or error.field is not None:
        return error
    return Refused(str(error), field="key", value=publication.key, code=error.code)


def _for_the_rest(error: TidegateError, unanswered: int) -> TidegateError | None:
    """What becomes of publications not sent yet, or None when they are sent."""
    if isinstance(error, Throttled | Unreachable | Unauthorised):
        return error
    if unanswered < FAILURES_IN_A_ROW:
        return None
    return TryLater(f"not sent, since {unanswered} requests in a row came to nothing; the last: {error}")


def _is_placed(document: Document) -> bool:
    """Whether it is a price of a list or of an account."""
    return isinstance(document, PriceFigure) and (document.price_list_code or document.customer_id) is not None
