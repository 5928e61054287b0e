"""`digest.tell`: the day's figures by mail, once a day and target, however often and by however many it is told."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, update

from bridge.digest.figures import Digest, digest_of
from bridge.digest.plan import DigestPlan
from bridge.digest.words import body, title
from bridge.ledger import schema
from bridge.ledger.alarms import raise_alarm
from bridge.outcomes import Outcome, Urgency
from bridge.states import State
from bridge.windows.calendar import LaneCalendar
from sandbox.alert_desk import AlertDesk, alert_desk
from tasks.batch_write import write
from tasks.digest_tell import tell
from tests.builders import an_order
from tests.cli_rig import at_rest
from tests.task_rig import LANE, NOW, TaskRig
from workers.watch.roads import roads

CHICAGO = ZoneInfo("America/Chicago")
TODAY = date(2026, 3, 2)


@pytest.fixture
def mail() -> Iterator[AlertDesk]:
    with alert_desk() as staffed:
        yield staffed


@pytest.fixture
def traded(rig: TaskRig, mail: AlertDesk) -> TaskRig:
    """Two orders are in Sage, one is held up by nobody knows what, one rests with a person."""
    rig.erp.company(LANE).add_item("WIDGET")
    rig.erp.company(LANE).add_customer("ACME")
    orders = [an_order(rig.database, name) for name in ("1", "2", "3")]
    rig.erp.faults.fail_before_commit(orders[2].stamp)
    at_rest(rig.database, "4", State.REVIEW)
    rig.open_window()
    assert write(LANE) == Outcome.UNCERTAIN
    targets = [SecretStr(f"{mail.url}/ann"), SecretStr(f"{mail.url}/bob")]
    rig.change(
        digest=DigestPlan(time(7), CHICAGO, lambda: list(roads("alerts.digest_targets", targets)), "https://desk")
    )
    return rig


def of_today(rig: TaskRig, calendar: LaneCalendar | None = None) -> Digest:
    calendars = {LANE: calendar or rig.ports.lanes[LANE].calendar}
    return digest_of(rig.database, TODAY, calendars, ["clarity"], now=rig.clock.now())


def test_the_figures_are_those_of_the_ledger(traded: TaskRig) -> None:
    with traded.database.write() as connection:
        raise_alarm(connection, f"drift:{LANE}:stock", Urgency.NORMAL, "40 of 900 differ", NOW)
        raise_alarm(connection, "seats:sage100", Urgency.HIGH, "one too many", NOW)
    traded.pass_time(hours=2)
    found = of_today(traded)
    [lane] = found.lanes
    money = {name: (getattr(lane, name).records, *getattr(lane, name).money.values()) for name in STANDING}
    assert {name: [str(each) for each in every] for name, every in money.items()} == {
        "came": ["4", "80"], "confirmed": ["2", "40"], "waiting": ["1", "20"],
        "held": ["0"], "review": ["1", "20"], "dead": ["0"],
    }  # fmt: skip
    assert lane.oldest
    assert lane.oldest.name == "3"
    assert dict(lane.windows.ends) == {"uncertain": 1}
    assert lane.windows.missed == 17 * 4 - 1, "nobody else opened one from midnight to now"
    assert [(each.fingerprint, each.state, each.sum.records) for each in found.errors] == [
        ("rejected/lines[#].sku", "REVIEW", 1)
    ]
    assert ([each.key for each in found.drift], [each.key for each in found.seats]) == (
        [f"drift:{LANE}:stock"], ["seats:sage100"],
    )  # fmt: skip
    assert found.is_balanced


STANDING = ("came", "confirmed", "waiting", "held", "review", "dead")


def test_a_day_is_that_of_the_lanes_own_wall_clock(traded: TaskRig) -> None:
    tokyo = of_today(traded, LaneCalendar(time_zone="Asia/Tokyo")).lanes[0]
    assert (tokyo.came.records, tokyo.confirmed.records) == (0, 0), "15:00Z is the third of March there"


def test_it_is_sent_from_its_hour_on_once_to_each(traded: TaskRig, mail: AlertDesk) -> None:
    traded.clock.set(NOW.replace(day=3, hour=12, minute=59))
    assert (tell(), mail.inbox) == (0, []), "it is 06:59 in Chicago"
    traded.pass_time(minutes=1)
    assert (tell(), tell(), len(mail.inbox)) == (2, 0, 2)
    traded.pass_time(hours=5)
    assert (tell(), len(mail.inbox)) == (0, 2)
    assert set(mail.titles) == {"Tidegate Mon 2026-03-02: 4 orders in, 2 confirmed, 1 wait, 1 for a person"}
    for line in (
        "Confirmed: 2, 40.00 USD",
        "the oldest, 3, for 22 h",
        "Manifests and ledger balance.",
        "Desk: https://desk",
    ):
        assert line in mail.inbox[0]["message"]
    traded.pass_time(days=1)
    assert (tell(), len(mail.inbox)) == (2, 4)


def test_who_could_not_be_told_is_an_alarm_and_is_told_later(traded: TaskRig, mail: AlertDesk) -> None:
    traded.clock.set(NOW.replace(day=3, hour=14))
    mail.refuses = True
    assert (tell(), traded.alarms()["digest:untold"]) == (0, "normal")
    mail.refuses = False
    assert tell() == 0, "not at once, lest a mail server that is down is asked all day"
    traded.pass_time(minutes=10)
    assert (tell(), len(mail.inbox)) == (2, 2)
    assert "digest:untold" not in traded.alarms()


def test_nobody_is_told_where_nobody_is_named(rig: TaskRig) -> None:
    assert (tell(), rig.rows("digest_told")) == (0, [])


@pytest.mark.parametrize("deed", ["an amount is edited", "a line is taken away"])
def test_what_does_not_balance_is_told_with_the_amount_and_the_order(traded: TaskRig, deed: str) -> None:
    with traded.database.write() as connection:
        if deed == "an amount is edited":
            dearer = update(schema.record).where(schema.record.c.source_id == "2").values(amount=25)
            connection.execute(dearer)
            told = "- order 2: the record was changed since: amount was 20 and is 25 (amount 5.00"
        else:
            lines = schema.metadata.tables["manifest_line"]
            connection.execute(delete(lines).where(lines.c.record_id == 2))
            told = "- order 2: no manifest has a line of it (amount 20.00"
    traded.pass_time(hours=1)
    found = of_today(traded)
    assert title(found).endswith("DOES NOT BALANCE")
    assert told in body(found)
    assert timedelta(0) <= found.at - NOW


def test_the_window_has_a_manifest_of_what_came_of_each(traded: TaskRig) -> None:
    assert {(row.outcome, row.window_id) for row in traded.rows("manifest_line")} == {
        ("CONFIRMED", 1), ("UNCERTAIN", 1),
    }  # fmt: skip
