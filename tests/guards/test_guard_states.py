"""The one table of states: whole, reachable, and the same in the documents."""

import pytest

from bridge.states import FINAL, INITIAL, RULES, State
from tests.guards.state_pages import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_the_table_says(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), "run: python -m tests.guards.state_pages"


def test_every_state_can_be_reached() -> None:
    reached, new = {INITIAL}, {INITIAL}
    while new:
        new = {target for state in new for target in RULES[state].leaves_to} - reached
        reached |= new
    assert reached == set(State)


def test_every_state_leads_to_an_end() -> None:
    ends = set(FINAL)
    while more := {state for state, rule in RULES.items() if rule.leaves_to & ends} - ends:
        ends |= more
    assert ends == set(State)


def test_doubt_is_never_left_for_another_try_at_once() -> None:
    assert RULES[State.UNCERTAIN].leaves_to.isdisjoint({State.CLAIMED, State.WRITING})
    assert RULES[State.CONFIRMED].leaves_to == frozenset()
