"""The page of windows and seats: what it shows, and that each action is done, with its reason, or refused."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bridge.ledger import windows
from bridge.ledger.store import Database
from bridge.ports.seats import Lease, RunningSession
from tests.builders import LANE, NOW, an_order
from tests.desk_rig import DeskRig, a_desk_rig
from tests.ledger_walks import write_all

HERE = "/windows"


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[DeskRig]:
    with a_desk_rig(sqlite_database) as made:
        made.log_in("olaf")
        yield made


def take_seat(desk: DeskRig) -> Lease:
    """A writer at work, with its session at the agent."""
    lease = desk.tasks.seats.take(LANE, owner="writer@host", purpose="writer", fence=7, lease_s=600)
    desk.sessions.runs.append(RunningSession("s1", LANE, 7, "writer", 4711, NOW.isoformat(), is_doubtful=False))
    return lease


def is_halted(desk: DeskRig, lane: str = LANE) -> bool:
    with desk.database.read() as connection:
        row = windows.lane_row(connection, lane)
    return bool(row and row.halted)


@pytest.mark.parametrize("lane", [LANE, "storefront:clarity"])
def test_a_lane_is_paused_and_resumed_with_reasons_that_are_kept(desk: DeskRig, lane: str) -> None:
    answer = desk.post(f"/lanes/{lane}/halt", HERE, why="month end")
    assert f"{lane} is paused" in answer.text
    assert "Paused: olaf: month end" in desk.get(HERE)
    assert is_halted(desk, lane)
    assert f"{lane} runs again" in desk.post(f"/lanes/{lane}/resume", HERE, why="books are closed").text
    assert f"{lane} was not paused" in desk.post(f"/lanes/{lane}/resume", HERE, why="twice").text
    found = [(line.action, line.subject, line.by, line.role, line.why) for line in desk.trail()[:3]]
    assert found == [
        ("resume lane", lane, "olaf", "operate", "twice"),
        ("resume lane", lane, "olaf", "operate", "books are closed"),
        ("halt lane", lane, "olaf", "operate", "month end"),
    ]


@pytest.mark.parametrize("why", ["", "   "])
@pytest.mark.parametrize("deed", ["halt", "open", "close"])
def test_nothing_is_done_without_a_reason(desk: DeskRig, deed: str, why: str) -> None:
    before = desk.trail()
    answer = desk.post(f"/lanes/{LANE}/{deed}", HERE, why=why, minutes="15")
    assert answer.status_code == 400
    assert "why is empty; fill it in" in answer.text
    assert not is_halted(desk)
    assert desk.trail() == before


def test_a_window_is_opened_now_and_closed_again(desk: DeskRig) -> None:
    assert "a window is open until 15:20:00 UTC." in desk.post(f"/lanes/{LANE}/open", HERE, why="a", minutes="20").text
    assert "UTC already" in desk.post(f"/lanes/{LANE}/open", HERE, why="b", minutes="5").text
    assert "due until 2026-03-02 15:20:00Z" in desk.get(HERE)
    assert "the window is closed" in desk.post(f"/lanes/{LANE}/close", HERE, why="c").text
    assert "no window is open or due" in desk.post(f"/lanes/{LANE}/close", HERE, why="d").text
    assert "closed by olaf" in desk.get(HERE)
    assert [line.why for line in desk.trail()[:4]] == ["d", "c", "b", "a"]


@pytest.mark.parametrize(("minutes", "text"), [("0", "give 1 to 720"), ("721", "give 1 to 720"), ("-5", "give 1 to")])
def test_a_window_of_a_wrong_length_is_refused(desk: DeskRig, minutes: str, text: str) -> None:
    answer = desk.post(f"/lanes/{LANE}/open", HERE, why="because", minutes=minutes)
    assert (answer.status_code, text in answer.text) == (400, True)


def test_a_paused_lane_gets_no_window_and_leaves_no_line_in_the_trail(desk: DeskRig) -> None:
    desk.post(f"/lanes/{LANE}/halt", HERE, why="month end")
    before = desk.trail()
    answer = desk.post(f"/lanes/{LANE}/open", HERE, why="now", minutes="15")
    assert (answer.status_code, "is halted (olaf: month end)" in answer.text) == (400, True)
    assert desk.trail() == before


def test_what_is_no_lane_or_system_is_not_there(desk: DeskRig) -> None:
    for path in ("/lanes/sage100:NONE/halt", "/lanes/storefront:clarity/open", "/seats/nav/release"):
        assert desk.post(path, HERE, why="because", minutes="15", seat="1").status_code == 404, path
    assert desk.browser.get("/windows?lane=none").status_code == 404
    assert desk.browser.get("/windows?before=yesterday").status_code == 404


def test_a_seat_is_handed_back_and_its_session_ended(desk: DeskRig) -> None:
    take_seat(desk)
    assert "Seat 1 : writer of sage100:ABC, held by writer@host" in desk.get(HERE).replace("1:", "1 :")
    answer = desk.post("/seats/sage100/release", HERE, seat="1", why="locked out")
    assert "seat 1 is free; writer@host held it for sage100:ABC" in answer.text
    assert "the agent has ended its session s1" in answer.text
    assert (desk.tasks.seats.held(), desk.sessions.runs) == ([], [])
    assert desk.trail()[0].action == "release seat"
    assert desk.post("/seats/sage100/release", HERE, seat="1", why="again").status_code == 400


def test_all_seats_are_handed_back_also_while_the_agent_is_away(desk: DeskRig) -> None:
    take_seat(desk)
    desk.tasks.seats.mark_unproven("s9", "killed")
    desk.sessions.is_away = True
    answer = desk.post("/seats/sage100/release", HERE, seat="all", why="locked out")
    assert "sessions were not ended: the agent is away" in answer.text.replace("&#39;", "'")
    assert "session s9 no longer counts" in answer.text
    assert (desk.tasks.seats.held(), desk.tasks.seats.unproven()) == ([], {})


def test_who_may_only_look_sees_no_button(desk: DeskRig) -> None:
    take_seat(desk)
    viewer = desk.another_browser()
    viewer.log_in("vera")
    page = viewer.browser.get(HERE)
    assert 'action="/log-out"' in page.text
    assert 'action="/lanes' not in page.text
    assert 'action="/seats' not in page.text


def test_a_window_says_what_it_did(desk: DeskRig) -> None:
    for number in range(3):
        an_order(desk.database, f"{number}")
    write_all(desk.database)
    assert "3 in 1 batches 3 60.00 USD" in desk.get(HERE)


def test_past_windows_come_a_page_at_a_time(desk: DeskRig) -> None:
    with desk.database.write() as connection:
        for number in range(45):
            at = NOW - timedelta(hours=number)
            window = windows.Window(at, at, at + timedelta(minutes=10), 30)
            windows.schedule_on(connection, LANE, [window], now=NOW)
    assert desk.browser.get(HERE).text.count('<th scope="row">2026') == 10, "the newest of each lane"
    seen, path = 0, f"{HERE}?lane={LANE}"
    while path:
        page = desk.browser.get(path)
        seen += page.text.count('<th scope="row">2026')
        older = page.text.partition('class="paging"><a href="')[2].partition('"')[0]
        path = older.replace("&amp;", "&")
    assert seen == 45
