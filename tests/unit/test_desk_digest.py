"""The page of the daily digest."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bridge.ledger.store import Database
from tests.builders import NOW, an_order
from tests.desk_rig import DeskRig, a_desk_rig


@pytest.fixture
def desk(database: Database) -> Iterator[DeskRig]:
    with a_desk_rig(database) as rig:
        rig.log_in("vera")
        yield rig


def test_it_says_of_a_day_what_the_mail_says(desk: DeskRig) -> None:
    an_order(desk.database, "10025")
    told = desk.get(f"/digest?day={NOW.date()}")
    assert "1 orders in, 0 confirmed, 1 wait" in told
    assert "In: 1, 20.00 USD" in told
    assert "Manifests and ledger balance." in told


def test_unless_told_otherwise_it_is_yesterdays_and_leads_to_the_days_around(desk: DeskRig) -> None:
    desk.tasks.clock.set(NOW + timedelta(days=2))
    desk.log_in("vera")
    page = desk.browser.get("/digest").text
    assert f"{NOW.date() + timedelta(days=1)}" in desk.get("/digest")
    assert f'href="/digest?day={NOW.date()}"' in page
    assert "The day after" not in page
    assert "The day after" in desk.browser.get(f"/digest?day={NOW.date()}").text


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_or_is_to_come_is_not_there(desk: DeskRig, day: str) -> None:
    desk.get(f"/digest?day={day}", status=404)
