"""A digest as people read it on a telephone: a title that says the most, and short lines, no tables. Pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from bridge.alarms.silence import span_of
from bridge.digest.figures import Digest, LaneDay, Noted, Sum
from bridge.ledger.manifest_lines import PARTS, Control
from bridge.ledger.manifests import Balance, Entry

_MOST_GAPS = 10


def title(digest: Digest) -> str:
    """The day in a line."""
    came, confirmed, waiting, people = (
        sum(getattr(lane, name).records for lane in digest.lanes for name in names)
        for names in (("came",), ("confirmed",), ("waiting", "held"), ("review", "dead"))
    )
    ends = "" if digest.is_balanced else ", DOES NOT BALANCE"
    return (
        f"Tidegate {digest.day:%a %Y-%m-%d}: {came} orders in, {confirmed} confirmed, {waiting} wait, "
        f"{people} for a person{ends}"
    )


def body(digest: Digest, desk_url: str | None = None) -> str:
    """The whole digest, as plain text."""
    lines = [line for lane in digest.lanes for line in (*_lane(lane, digest), "")]
    lines += _part(
        "What rests, and why",
        (f"{each.sum.records} {each.state} {each.fingerprint}{_money(each.sum)}" for each in digest.errors),
    )
    lines += _part("Drift", map(_noted, digest.drift))
    lines += _part("Seats", map(_noted, digest.seats))
    lines += [f"Desk: {desk_url}"] if desk_url else []
    return "\n".join(lines).strip()


def _part(heading: str, lines: Iterator[str]) -> list[str]:
    told = [f"- {line}" for line in lines]
    return [heading, *(told or ["- nothing"]), ""]


def _noted(alarm: Noted) -> str:
    return f"{alarm.key}: {' '.join(alarm.text.split())[:200]}" + ("" if alarm.is_open else " (over)")


def _lane(day: LaneDay, digest: Digest) -> Iterator[str]:
    yield f"{day.lane}, {day.start:%Y-%m-%d %H:%M}Z to {day.end:%Y-%m-%d %H:%M}Z"
    yield f"In: {_sum(day.came)}"
    yield f"Confirmed: {_sum(day.confirmed)}"
    oldest = f"; the oldest, {day.oldest.name}, for {span_of(digest.at - day.oldest.since)}" if day.oldest else ""
    yield f"Waiting now: {_sum(day.waiting)}{oldest}"
    yield f"Held now: {_sum(day.held)}"
    yield f"For a person now: {_sum(day.review)} in review, {_sum(day.dead)} dead"
    ends = ", ".join(f"{count} {end}" for end, count in day.windows.ends.items())
    seats = f"; {day.windows.without_seat} found no seat" if day.windows.without_seat else ""
    yield f"Windows: {day.windows.kept} kept{f' ({ends})' if ends else ''}, {day.windows.missed} missed{seats}"
    yield from _balance(day.balance)


def _balance(found: Balance) -> Iterator[str]:
    for entry in found.entries:
        yield f"Manifests: {entry.records} {entry.document}{_control(entry)}"
    if found.is_balanced:
        yield "Manifests and ledger balance."
        return
    for (document, currency), by in _differences(found).items():
        yield f"Manifests and ledger DO NOT BALANCE: {document}, the ledger less the manifests is {_by(by, currency)}"
    for gap in found.gaps[:_MOST_GAPS]:
        yield f"- {gap.document} {gap.name}: {gap.why} ({_by(gap.by, gap.currency)})"
    if len(found.gaps) > _MOST_GAPS:
        yield f"- and {len(found.gaps) - _MOST_GAPS} more"


def _differences(found: Balance) -> Mapping[tuple[str, str | None], Control]:
    sums: dict[tuple[str, str | None], Control] = {}
    for gap in found.gaps:
        sums[gap.document, gap.currency] = sums.get((gap.document, gap.currency), Control()) + gap.by
    return sums


def _control(entry: Entry) -> str:
    told = _parts(entry.control, entry.currency)
    return f": {told}" if told else ""


def _by(control: Control, currency: str | None) -> str:
    """A difference: only what differs."""
    differing = Control(**{part: getattr(control, part) or None for part in PARTS})
    return _parts(differing, currency) or "no money"


def _parts(control: Control, currency: str | None) -> str:
    """The parts that are known, each with its name."""
    parts = [
        f"{part.replace('erp_total', 'in the ERP')} {_exact(value)}"
        for part in PARTS
        if (value := getattr(control, part)) is not None
    ]
    return f"{', '.join(parts)} {currency or ''}".strip() if parts else ""


def _sum(each: Sum) -> str:
    return f"{each.records}{_money(each)}"


def _money(each: Sum) -> str:
    told = " + ".join(f"{_exact(amount)} {currency}" for currency, amount in sorted(each.money.items()))
    return f", {told}" if told else ""


def _exact(amount: Decimal) -> str:
    """With its cents, and with what is smaller than a cent where there is any."""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount.normalize():,f}"
