"""The report of a campaign: a table for people, JSON for programs, a page for the docs."""

import platform
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from statistics import median
from typing import Any

from rich.table import Table

from workers.drills.lookout import Injection
from workers.drills.reckoning import Reckoning

_LIBRARIES = ("celery", "kombu", "redis", "sqlalchemy", "psycopg", "httpx")


@dataclass(frozen=True)
class Row:
    """One fault in sum. `in_flight` is the median over its times; `recovery_s` the longest."""

    fault: str
    times: int
    in_flight: float
    lost: int
    double: int
    stuck: int
    seats_leaked: int
    recovery_s: float | None
    not_struck: int


def rows(reckonings: Sequence[Reckoning]) -> list[Row]:
    """Every fault that was injected, by name. An order counts with each fault that struck while it was on its way."""
    found: defaultdict[str, list[tuple[Reckoning, Injection]]] = defaultdict(list)
    for reckoning in reckonings:
        for injection in reckoning.injections:
            found[injection.fault].append((reckoning, injection))
    return [_row(fault, found[fault]) for fault in sorted(found)]


def _row(fault: str, found: Sequence[tuple[Reckoning, Injection]]) -> Row:
    recoveries = [injection.recovery_s for _, injection in found]
    known = [each for each in recoveries if each is not None]
    return Row(
        fault=fault,
        times=len(found),
        in_flight=median(len(injection.in_flight) for _, injection in found),
        lost=sum(len(injection.in_flight & reckoning.lost) for reckoning, injection in found),
        double=sum(len(injection.in_flight & reckoning.double) for reckoning, injection in found),
        stuck=sum(len(injection.in_flight & reckoning.stuck) for reckoning, injection in found),
        seats_leaked=sum(injection.leaked for _, injection in found),
        recovery_s=round(max(known), 1) if len(known) == len(recoveries) else None,
        not_struck=sum(injection.trouble is not None for _, injection in found),
    )


_HEADINGS = ("fault", "times", "in flight", "lost", "double", "stuck", "seats leaked", "longest recovery", "not struck")


def _cells(row: Row) -> list[str]:
    recovery = "never" if row.recovery_s is None else f"{row.recovery_s:.1f} s"
    figures = (
        row.times,
        f"{row.in_flight:g}",
        row.lost,
        row.double,
        row.stuck,
        row.seats_leaked,
        recovery,
        row.not_struck,
    )
    return [row.fault, *map(str, figures)]


def table(reckonings: Sequence[Reckoning]) -> Table:
    """The report as people see it in a terminal."""
    made = Table(title="orders in flight: the median; an order counts with every fault that struck on its way")
    for heading in _HEADINGS:
        made.add_column(heading, justify="left" if heading == "fault" else "right")
    for row in rows(reckonings):
        made.add_row(*_cells(row))
    return made


def summary(reckonings: Sequence[Reckoning]) -> list[str]:
    """One line for each ledger, and one for each thing that is wrong."""
    told = []
    for each in reckonings:
        told.append(
            f"{each.kind}: {each.orders} orders, {each.in_sage} in Sage once, {len(each.lost)} lost, "
            f"{len(each.double)} double, {len(each.stuck)} stuck, {each.to_people} sent on by a person; "
            f"{len(each.injections)} faults, {sum(each.killed.values())} processes killed; "
            f"at most {each.most_seats} of {each.budget} seats, {each.seats_left} left at the end; "
            f"{each.lasted_s:.0f} s"
        )
        told += [f"{each.kind}: {line}" for line in each.wrong]
        told += [f"{each.kind}: the slowest order: {line}" for line in each.slowest]
        told += [
            f"{each.kind}: {name} order {order}"
            for name in ("lost", "double", "stuck")
            for order in getattr(each, name)
        ]
        told += [f"{each.kind}: {one.fault} did not strike: {one.trouble}" for one in each.injections if one.trouble]
    return told


def as_json(reckonings: Sequence[Reckoning], facts: dict[str, Any]) -> dict[str, Any]:
    """All of it, with every single injection."""
    return {
        **facts,
        "rows": [asdict(row) for row in rows(reckonings)],
        "ledgers": [_ledger(each) for each in reckonings],
    }


def _ledger(each: Reckoning) -> dict[str, Any]:
    told = {**vars(each), "injections": [vars(injection).copy() for injection in each.injections]}
    for name in ("lost", "double", "stuck"):
        told[name] = sorted(told[name])
    told["killed"] = dict(each.killed)
    for injection in told["injections"]:
        injection.update(in_flight=len(injection["in_flight"]), last=sorted(injection["last"]))
    return {**told, "is_well": each.is_well}


_PREFACE = """\
# The report of a long campaign

What [`./run drill campaign`](drills.md) wrote; that page says how to read it. Figures are as they were seen.
"""


def page(reckonings: Sequence[Reckoning], facts: dict[str, Any]) -> str:
    """The report as a page of the docs."""
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    heads = ["| " + " | ".join(_HEADINGS) + " |", "|" + " --- |" * len(_HEADINGS)]
    body = ["| " + " | ".join(_cells(row)) + " |" for row in rows(reckonings)]
    kills = [
        f"- killed on {each.kind}: " + ", ".join(f"{n} {k}" for k, n in sorted(each.killed.items()))
        for each in reckonings
    ]
    return (
        "\n".join([_PREFACE, *lines, "", *(f"- {line}" for line in summary(reckonings)), *kills, "", *heads, *body])
        + "\n"
    )


def versions() -> str:
    """What it was measured with."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return f"Python {platform.python_version()} on {sys.platform}, {libraries}"
