"""What a storefront shows beside what the ERP has: every difference, field by field, and how it is healed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bridge.documents.base import Document
from bridge.fleet import Fleet
from bridge.flows.showing import SHOWABLES
from bridge.flows.trial import Found
from bridge.ledger.shown import find_at, show_again
from bridge.shown import Shown
from bridge.states import State

_AT_ONCE = 200
_ABSENT = "not shown"


@dataclass(frozen=True)
class Difference:
    """One field that differs; `field` is empty where a site shows nothing at all."""

    connection: str
    site: str
    key: str
    field: str
    erp: str
    storefront: str


def differences(ports: Fleet, shown: Shown, found: Sequence[Found]) -> Iterator[Difference]:
    """Reads back what each site shows of these, some at a time. Raises as `Showcase.shown`."""
    by_site = sorted(found, key=lambda each: (each.shelf.connection, each.shelf.site, each.key))
    for (connection, _), group in groupby(by_site, key=lambda each: (each.shelf.connection, each.shelf.site)):
        there, storefront = list(group), ports.connections[connection].storefront
        for start in range(0, len(there), _AT_ONCE):
            some = there[start : start + _AT_ONCE]
            on_show = storefront.shown(SHOWABLES[shown].document, [each.key for each in some])
            for each in some:
                yield from _differences(each, on_show.get(each.key), SHOWABLES[shown].dated)


def show_all_again(ports: Fleet, shown: Shown, found: Sequence[Difference]) -> int:
    """Has what differs shown again as the ERP has it; how many things. What is on its way already is left alone."""
    keys = {(each.connection, each.site, each.key) for each in found}
    healed, now = 0, ports.clock.now()
    with ports.database.write() as connection:
        for name, site, key in sorted(keys):
            record = find_at(connection, name, site, shown.value, key)
            if record and record.state is State.CONFIRMED:
                show_again(connection, record, "the storefront shows something else", by=ports.name, now=now)
                healed += 1
    return healed


def _differences(wanted: Found, present: Document | None, dated: str | None) -> Iterator[Difference]:
    """Field by field, but for the one that says when the ERP had it so, which alone is no news."""
    shelf = wanted.shelf
    if present is None:
        yield Difference(shelf.connection, shelf.site, wanted.key, "", "there", _ABSENT)
        return
    for name in type(wanted.document).model_fields:
        ours, theirs = getattr(wanted.document, name), getattr(present, name)
        if name != dated and ours != theirs:
            yield Difference(shelf.connection, shelf.site, wanted.key, name, str(ours), str(theirs))
