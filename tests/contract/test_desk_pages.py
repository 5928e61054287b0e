"""Every page of the desk in a real browser: for eyes, fingers and keyboards of all kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.ledger import windows
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.migrate import migrate
from bridge.ledger.store import Database
from bridge.outcomes import Urgency
from bridge.ports.seats import RunningSession
from bridge.states import State
from tests.browser.audit import sticking_out, violations
from tests.browser.chromium import LOOKS, Chromium, Look
from tests.browser.desk import addresses, log_in, open_everything, tab_to
from tests.browser.serving import served
from tests.builders import LANE, NOW, a_customer, an_order
from tests.cli_rig import unreadable
from tests.desk_rig import PASSWORD, DeskRig, a_desk_rig
from tests.ledger_walks import walk, write_all

if TYPE_CHECKING:
    from playwright.sync_api import Route

LONG = "DRAGONFLY-SUPPLY-COMPANY-OF-GREATER-NEW-ENGLAND"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskRig]:
    folder: Path = tmp_path_factory.mktemp("desk")
    database = Database(f"sqlite:///{folder / 'ledger.db'}")
    migrate(database)
    with a_desk_rig(database) as rig:
        _fill(rig)
        yield rig
    database.close()


def _fill(rig: DeskRig) -> None:
    """Something of everything that a page may show: orders at rest, a seat, a session, windows, an alarm, a trail."""
    an_order(rig.database, "1")
    write_all(rig.database)
    customer = a_customer(rig.database, name=LONG)
    for number, state in enumerate((State.READY, State.HELD, State.REVIEW, State.DEAD, State.CANCELLED), 2):
        walk(rig.database, an_order(rig.database, f"{number}-{LONG}", customer=customer), state)
    rig.tasks.seats.take(LANE, owner=f"writer@{LONG}", purpose="writer", fence=7, lease_s=600)
    rig.sessions.runs.append(RunningSession("s1", LANE, 7, "writer", 4711, NOW.isoformat(), is_doubtful=True))
    with rig.database.write() as connection:
        raise_alarm(
            connection, f"silence:{LANE}", Urgency.HIGH, "2 windows have passed, and nothing was confirmed", NOW
        )
        windows.halt(connection, LANE, reason=f"the log-on was refused: {LONG}", now=NOW)
    unreadable(rig.database, "stream")
    rig.pass_time(minutes=1)
    rig.log_in("olaf")
    assert rig.post(f"/lanes/{LANE}/resume", "/windows", why="the password is right again").status_code == 200


@pytest.fixture(scope="module")
def url(desk: DeskRig) -> Iterator[str]:
    with served(desk.browser.app) as found:
        yield found


def name_of(look: Look) -> str:
    return f"{look.width} pixels, {look.colours}"


@pytest.mark.parametrize("look", LOOKS, ids=name_of)
def test_nothing_on_any_page_keeps_people_out(browser: Chromium, url: str, look: Look) -> None:
    with browser.page(look, url) as page:
        page.goto("/log-in")
        faults = {"/log-in": [*violations(page), *sticking_out(page)]}
        log_in(page, "ada", PASSWORD)
        for path, address in addresses(page).items():
            page.goto(address)
            open_everything(page)
            faults[path] = [*violations(page), *sticking_out(page)]
    assert {path: found for path, found in faults.items() if found} == {}


def test_the_keyboard_alone_logs_in_and_goes_from_page_to_page(browser: Chromium, url: str) -> None:
    with browser.page(base_url=url) as page:
        page.goto("/windows")
        tab_to(page, "Name")
        page.keyboard.type("olaf")
        tab_to(page, "Password")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Windows and seats").wait_for()
        tab_to(page, "Skip to the content")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.goto("/windows")
        tab_to(page, "Overview")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Overview").wait_for()


def test_a_page_asks_no_other_host_for_anything(browser: Chromium, url: str) -> None:
    with browser.page(base_url=url) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        log_in(page, "ada", PASSWORD)
        for address in addresses(page).values():
            page.goto(address)
    assert [place for place in asked if not place.startswith(f"{url}/")] == []


def test_the_overview_renews_itself_unless_it_is_paused(browser: Chromium, desk: DeskRig, url: str) -> None:
    with browser.page(base_url=url) as page:
        log_in(page, "vera", PASSWORD)
        review = page.locator(".walk li", has_text="Review").locator(".count")
        before = int(review.inner_text())
        walk(desk.database, an_order(desk.database, "seen live"), State.REVIEW)
        review.get_by_text(str(before + 1), exact=True).wait_for()
        page.get_by_role("button", name="Pause live updates").click()
        with page.expect_request("**/parts/**", timeout=20_000):
            page.get_by_role("button", name="Resume live updates").click()


def test_what_somebody_works_in_is_not_taken_from_under_his_hands(browser: Chromium, url: str) -> None:
    with browser.page(base_url=url) as page:
        held: list[Route] = []
        page.route("**/parts/lanes", lambda route: held.append(route))  # noqa: PLW0108  it sets attributes of what it calls
        log_in(page, "olaf", PASSWORD)
        with page.expect_request("**/parts/lanes"):
            page.goto("/windows")
        page.locator("summary", has_text="Pause").first.click()
        why = page.get_by_label("Why").first
        why.fill("month end")
        with page.expect_event("requestfinished", lambda request: request.url.endswith("/parts/lanes")):
            held.pop().continue_()
        page.evaluate("() => new Promise(shown => requestAnimationFrame(() => requestAnimationFrame(shown)))")
        assert why.input_value() == "month end"
