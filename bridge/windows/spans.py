"""Arithmetic of half-open spans of time, and the stretches in which a zone's offset from UTC stays the same."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]
"""From the first moment up to, not including, the second."""

_MINUTE = timedelta(minutes=1)


def clip(span: Span, to: Span) -> Span:
    """The part of `span` that lies in `to`; it ends before it begins when there is none."""
    return max(span[0], to[0]), min(span[1], to[1])


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same moments as the fewest spans, in order; empty spans vanish."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """The moments of `spans` that are in none of `holes`, as the fewest spans, in order."""
    left = merge(spans)
    for hole_start, hole_end in merge(holes):
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, hole_start)), (max(start, hole_end), end))
            if piece[0] < piece[1]
        ]
    return left


def constant_offsets(zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[Span, timedelta]]:
    """Cuts a span of UTC at the zone's change of the clock, if one falls in it; each part with its offset from UTC.

    `start` and `end` are whole minutes with at most one change between them; today's zones change on whole minutes.
    """
    before, after = _offset(zone, start), _offset(zone, end)
    if before == after:
        return [((start, end), before)]
    minutes = range((end - start) // _MINUTE + 1)
    change = start + _MINUTE * bisect_left(minutes, True, key=lambda n: _offset(zone, start + _MINUTE * n) != before)
    return [((start, change), before), ((change, end), after)]


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    if offset is None:
        raise ValueError(f"the zone {zone.key} gives no offset for {moment}; name an IANA zone")
    return offset
