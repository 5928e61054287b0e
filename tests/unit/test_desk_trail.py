"""The audit trail at the desk: who did what, when and why, a page at a time, for administrators."""

import re
from collections.abc import Iterator

import pytest

from bridge.ledger.audit import PAGE_ROWS, Deed, note
from bridge.ledger.store import Database
from tests.builders import LANE, NOW
from tests.desk_rig import DeskRig, a_desk_rig


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[DeskRig]:
    with a_desk_rig(sqlite_database) as made:
        made.log_in("ada")
        yield made


def test_it_says_who_did_what_to_what_and_why(desk: DeskRig) -> None:
    desk.post(f"/lanes/{LANE}/open", "/windows", why="the truck waits", minutes="20")
    shown = desk.get("/trail")
    assert "2026-03-02 15:00:00Z ada (administer) open window sage100:ABC the truck waits" in shown
    assert "until: 2026-03-02 15:20:00+00:00 is_new: True" in " ".join(shown.split())


def test_what_was_done_to_one_subject_is_one_list(desk: DeskRig) -> None:
    desk.post(f"/lanes/{LANE}/halt", "/windows", why="month end")
    assert "log in" not in desk.get(f"/trail?subject={LANE}")
    assert "month end" in desk.get(f"/trail?subject={LANE}")


def test_its_pages_follow_each_other_and_end(desk: DeskRig) -> None:
    with desk.database.write() as connection:
        for number in range(2 * PAGE_ROWS):
            note(connection, Deed("ann", "operate", "tried", f"order {number}", "because"), NOW)
    seen, place = [], "/trail"
    while place:
        page = desk.browser.get(place).text
        seen += re.findall(r'<a href="/trail\?subject=[^"]+">([^<]+)</a>', page)
        older = re.search(r'class="paging"><a href="([^"]+)"', page)
        place = older[1].replace("&amp;", "&") if older else ""
    assert seen == [*(f"order {number}" for number in reversed(range(2 * PAGE_ROWS))), "ada"]


def test_a_reason_is_no_markup(desk: DeskRig) -> None:
    desk.post(f"/lanes/{LANE}/halt", "/windows", why="<img src=x>")
    assert "<img" not in desk.browser.get("/trail").text
    assert "<img" not in desk.browser.get("/windows").text
