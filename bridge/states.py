"""The states of a record and the legal moves between them: the one table that the store, the docs and the tests use."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.shown import SHOWN


class State(StrEnum):
    """Where a record is on its way."""

    RECEIVED = "RECEIVED"
    READY = "READY"
    CLAIMED = "CLAIMED"
    WRITING = "WRITING"
    UNCERTAIN = "UNCERTAIN"
    CONFIRMED = "CONFIRMED"
    HELD = "HELD"
    REVIEW = "REVIEW"
    DEAD = "DEAD"
    CANCELLED = "CANCELLED"
    DISCARDED = "DISCARDED"


@dataclass(frozen=True)
class StateRule:
    """What a state means and where a record may go from it."""

    meaning: str
    leaves_to: frozenset[State]


def _rule(meaning: str, *leaves_to: State) -> StateRule:
    return StateRule(meaning, frozenset(leaves_to))


S = State
RULES: dict[State, StateRule] = {
    S.RECEIVED: _rule("known by id, document not yet read", S.READY, S.HELD, S.REVIEW, S.CANCELLED, S.DEAD),
    S.READY: _rule("may be written from its due time on", S.CLAIMED, S.HELD, S.CANCELLED),
    S.CLAIMED: _rule(
        "in a batch of one writer, under a fence; number reserved or being reserved",
        S.WRITING, S.READY, S.HELD, S.CANCELLED,
    ),
    S.WRITING: _rule(
        "the request may have reached the ERP",
        S.CONFIRMED, S.UNCERTAIN, S.READY, S.HELD, S.REVIEW, S.DEAD,
    ),
    S.UNCERTAIN: _rule("nobody knows; only a probe decides", S.CONFIRMED, S.READY, S.REVIEW, S.DEAD),
    S.CONFIRMED: _rule("in the ERP, with its number, the version written and the ERP's own totals"),
    S.HELD: _rule("waits for a named condition, looked at again each cycle", S.READY, S.REVIEW, S.CANCELLED),
    S.REVIEW: _rule(
        "waits for a person, reason and field named", S.READY, S.CANCELLED, S.DISCARDED, S.DEAD,
    ),
    S.DEAD: _rule("failed as often as it may, or cannot be read", S.READY, S.CANCELLED, S.DISCARDED),
    S.CANCELLED: _rule("withdrawn by the storefront before it was written"),
    S.DISCARDED: _rule("given up by a person, with a reason"),
}  # fmt: skip

INITIAL = State.RECEIVED
FINAL = frozenset(state for state, rule in RULES.items() if not rule.leaves_to)
IN_FLIGHT = frozenset({State.CLAIMED, State.WRITING, State.UNCERTAIN})
NEEDS_PERSON = frozenset({State.REVIEW, State.DEAD})


def is_legal(origin: State, target: State) -> bool:
    """Whether a record may move from `origin` to `target`."""
    return target in RULES[origin].leaves_to


def is_renewal(document: str, origin: State, target: State) -> bool:
    """Whether this is the one way out of CONFIRMED: what a storefront is shown has a newer value."""
    return document in SHOWN and (origin, target) == (State.CONFIRMED, State.READY)


missing = set(State) - set(RULES)
if missing:
    raise RuntimeError(f"states without a rule: {sorted(missing)}")
