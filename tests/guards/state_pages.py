"""Makes the pages on states and outcomes from the tables in the code: `python -m tests.guards.state_pages`."""

from bridge.outcomes import TABLE, LaneNext, Outcome, Urgency, Verdict
from bridge.states import IN_FLIGHT, INITIAL, NEEDS_PERSON, RULES, State
from tests.guards.tree import ROOT

FOLDER = ROOT / "docs/generated"
_MADE = "Made by `python -m tests.guards.state_pages`; a test compares it. Change {source}, never this page."


def states_page() -> str:
    """States, what they mean, where they lead; as a table and as a picture."""
    rows = [
        f"| {state} | {rule.meaning} | {_names(rule.leaves_to)} | {_notes(state)} |" for state, rule in RULES.items()
    ]
    moves = [f"    {state} --> {target}" for state, rule in RULES.items() for target in _in_order(rule.leaves_to)]
    ends = [f"    {state} --> [*]" for state, rule in RULES.items() if not rule.leaves_to]
    return _page(
        "States of a record",
        "bridge/states.py",
        [
            "| state | meaning | leaves to | |",
            "|---|---|---|---|",
            *rows,
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {INITIAL}",
            *moves,
            *ends,
            "```",
        ],
    )


def outcomes_page() -> str:
    """What follows each outcome of a write."""
    rows = [f"| {outcome} | {_verdict(outcome, verdict)} |" for outcome, verdict in TABLE.items()]
    return _page(
        "What follows an outcome",
        "bridge/outcomes.py",
        [
            "| outcome | this record | the batch | the lane | counts as failure | alert |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "A record whose failures reach the lane's `failure_limit` becomes DEAD instead, with a high alert. A lane",
            "whose windows end in `uncertain` or `unavailable` twice in a row raises a high alert.",
        ],
    )


PAGES = {"states.md": states_page, "outcomes.md": outcomes_page}


def _page(title: str, source: str, lines: list[str]) -> str:
    return "\n".join([f"# {title}", "", _MADE.format(source=f"`{source}`"), "", *lines, ""])


def _verdict(outcome: Outcome, verdict: Verdict) -> str:
    is_told = outcome in {Outcome.CONFIRMED, Outcome.CONFIRMED_FLAGGED}
    state = f"{verdict.state}, then told" if is_told else str(verdict.state)
    lane = "" if verdict.lane is LaneNext.OPEN else str(verdict.lane)
    alert = "" if verdict.alert is Urgency.NONE else str(verdict.alert)
    return " | ".join([state, str(verdict.batch), lane, "yes" if verdict.counts_as_failure else "no", alert])


def _notes(state: State) -> str:
    notes = {"in flight": IN_FLIGHT, "needs a person": NEEDS_PERSON}
    return ", ".join(note for note, states in notes.items() if state in states)


def _names(states: frozenset[State]) -> str:
    return ", ".join(_in_order(states)) or "final"


def _in_order(states: frozenset[State]) -> list[State]:
    return [state for state in State if state in states]


def main() -> None:
    """Writes the pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
