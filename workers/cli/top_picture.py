"""What `tidegate top` shows: tables of the ledger's flows and lanes, and a line for each part around it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bridge.ledger.windows import OPEN
from workers.cli.show import age, money, printable, span
from workers.cli.top_parts import BROKER, LEDGER, BrokerNow, Seen

if TYPE_CHECKING:
    from bridge.glance import Glance
    from bridge.ledger.windows import LaneRow, WindowRow
    from bridge.overview import FlowStanding, Pile

_GRAVE = {"at once": "bold red", "high": "red"}
_COLUMNS = ("lane", "document", "waiting", "oldest", "money", "in the window", "today", "held", "review", "dead")
_FIGURES = frozenset(_COLUMNS[2:])


def picture(seen: Mapping[str, Seen], openings: Mapping[str, datetime | None], now: datetime) -> RenderableType:
    """All of it at one moment; of what is away, what was last seen, and why it is away."""
    found: Glance | None = seen[LEDGER].answer
    parts: list[RenderableType] = [Text(f"Tidegate at {now:%Y-%m-%d %H:%M:%S}Z", style="bold"), *_away(seen)]
    if found:
        parts += [_flows(found.flows, now), _lanes(found, openings, now), _alarms(found.alarms, now)]
        parts += _storefronts(found, now)
    if seen[BROKER].answer:
        parts += _broker(seen[BROKER].answer, now)
    parts += [Text(f"{name} answers") for name, each in seen.items() if name.startswith("agent") and not each.away]
    return Group(*parts)


def _away(seen: Mapping[str, Seen]) -> Iterator[Text]:
    for name, each in seen.items():
        if each.away:
            yield Text(printable(f"{name} is away: {each.away}"), style="red")


def _flows(flows: Sequence["FlowStanding"], now: datetime) -> Table:
    return _table(
        _COLUMNS,
        [
            (
                flow.lane, flow.document, _count(flow.waiting), _oldest(flow.waiting, now), _money(flow.waiting),
                *map(_count, (flow.in_window, flow.today, flow.held, flow.review, flow.dead)),
            )
            for flow in flows
        ],
        figures=_FIGURES,
    )  # fmt: skip


def _lanes(found: "Glance", openings: Mapping[str, datetime | None], now: datetime) -> Table:
    rows = []
    for name, (standing, window) in found.lanes.items():
        opens = openings.get(name)
        following = f"in {span((opens - now).total_seconds())}" if opens else "-"
        rows.append((name, *_lane(standing, window, now), following))
    return _table(("lane", "standing", "window", "last end", "last confirmed", "next window"), rows)


def _lane(standing: "LaneRow | None", window: "WindowRow | None", now: datetime) -> tuple[str, str, str, str]:
    is_halted = standing is not None and standing.halted
    left = f"{span((window.closes_at - now).total_seconds())} left" if window else ""
    stands = f"HALTED: {standing.halt_reason}" if standing and is_halted else "runs"
    confirmed = standing.last_confirmed_at if standing else None
    return (
        stands,
        f"{'open' if window.state == OPEN else 'due'}, {left}" if window else "closed",
        (standing.last_end if standing else None) or "-",
        f"{age(confirmed, now)} ago" if confirmed else "-",
    )


def _alarms(alarms: Sequence[Any], now: datetime) -> RenderableType:
    if not alarms:
        return Text("no open alarm", style="green")
    lines = (
        Text(printable(f"{row.urgency}: {row.key} for {age(row.first_at, now)}: {row.text}".partition("\n")[0]),
             style=_GRAVE.get(row.urgency, "yellow"), no_wrap=True, overflow="ellipsis")
        for row in alarms
    )  # fmt: skip
    return Group(*lines)


def _storefronts(found: "Glance", now: datetime) -> Iterator[Text]:
    for name in sorted(name.partition(":")[2] for name in found.lanes if name.startswith("storefront:")):
        polled = f"polled {age(found.polls[name], now)} ago" if name in found.polls else "never polled"
        yield Text(f"storefront {name}: {polled}")


def _broker(broker: BrokerNow, now: datetime) -> Iterator[Text]:
    yield Text(f"broker: {broker.depth} events at the door, the oldest {span(broker.oldest_age_s)} old")
    yield Text(f"queues: {_depths(broker.queues)}; dead letters: {_depths(broker.dead_queues)}")
    for name, seats in broker.seats.items():
        used = len(seats.held) + len(seats.unproven)
        yield Text(f"seats of {name}: {used} of {seats.total} in use, {len(seats.unproven)} of them not proven gone")
        for lease in seats.held:
            until = span((lease.expires_at - now).total_seconds())
            yield Text(printable(f"  seat {lease.seat}: {lease.lane}, {lease.purpose}, {lease.owner}, {until} left"))


def _depths(queues: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {depth}" for name, depth in queues.items() if depth) or "empty"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], figures: frozenset[str] = frozenset()) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in figures else "left")
    for row in rows:
        table.add_row(*map(Text, map(printable, row)))
    return table


def _count(pile: "Pile") -> str:
    return str(pile.count) if pile.count else "-"


def _oldest(pile: "Pile", now: datetime) -> str:
    return age(pile.oldest, now) if pile.oldest else "-"


def _money(pile: "Pile") -> str:
    return ", ".join(money(amount, currency) for currency, amount in sorted(pile.money.items())) or "-"
