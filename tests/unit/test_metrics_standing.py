"""How the ledger stands, in figures; what is away is left out and said to be away."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bridge.ledger import heartbeats, schema, windows
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.claims import know_lane
from bridge.outcomes import Urgency
from bridge.states import State
from bridge.windows.due import Window
from tests.builders import LANE, an_order
from tests.cli_rig import Rig, a_rig, at_rest, unreadable
from workers.metrics import standing
from workers.metrics.standing import Standing
from workers.settings import load_settings

Figures = dict[tuple[str, ...], float]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A ledger; the broker is away."""
    return a_rig(tmp_path)


def read(rig: Rig) -> dict[str, Figures]:
    """Every figure by name and labels."""
    looked = Standing(load_settings(rig.config))
    found = {each.name: {tuple(s.labels.values()): s.value for s in each.samples} for each in looked.collect()}
    looked.close()
    return found


def test_what_is_not_at_its_end_is_counted_by_lane_document_and_state(rig: Rig) -> None:
    for source_id, state in (("1", State.REVIEW), ("2", State.REVIEW), ("3", State.DEAD), ("4", State.DISCARDED)):
        at_rest(rig.database, source_id, State.REVIEW if state is State.DISCARDED else state)
    with rig.database.write() as connection:
        gone = schema.record.c.source_id == "4"
        connection.execute(update(schema.record).where(gone).values(state=State.DISCARDED.value))
        late = {"created_at": datetime.now(UTC) - timedelta(hours=2)}
        connection.execute(update(schema.record).where(schema.record.c.source_id == "1").values(**late))
        now = {"created_at": datetime.now(UTC)}
        connection.execute(update(schema.record).where(schema.record.c.source_id != "1").values(**now))
    found = read(rig)
    assert found["tidegate_records"] == {(LANE, "order", "REVIEW"): 2, (LANE, "order", "DEAD"): 1}
    ages = found["tidegate_record_oldest_age_seconds"]
    assert ages[LANE, "order", "REVIEW"] == pytest.approx(7200, abs=60)
    assert ages[LANE, "order", "DEAD"] < 60
    assert found["tidegate_dead_letters"] == {("order",): 1}


def test_alarms_halts_and_missed_windows_are_there(rig: Rig) -> None:
    now = datetime.now(UTC)
    unreadable(rig.database, "stream:1")
    day, old = timedelta(days=1), timedelta(days=2)
    late = [Window(now - ago, now - ago, now - ago + timedelta(minutes=5), 0, missed=True) for ago in (old, day / 2)]
    windows.schedule(rig.database, LANE, late, now=now)
    with rig.database.write() as connection:
        raise_alarm(connection, "traffic:clarity", Urgency.NORMAL, "few", now)
        windows.halt(connection, "storefront:clarity", reason="log-on refused", now=now)
    found = read(rig)
    assert found["tidegate_alarms"] == {("normal",): 1, ("at once",): 1}
    halted = found["tidegate_lane_halted"]
    assert halted == {(LANE,): 0, ("storefront:clarity",): 1, ("storefront:desk",): 0}
    assert found["tidegate_windows_missed"] == {(LANE,): 1}
    assert found["tidegate_dead_letters"] == {("message",): 1}


def test_silence_counts_from_when_an_order_waits_or_from_the_last_confirmation(rig: Rig) -> None:
    quiet = read(rig)
    assert (quiet["tidegate_lane_silence_seconds"], quiet["tidegate_lane_silent_windows"]) == (
        {(LANE,): 0},
        {(LANE,): 0},
    )
    order, now = an_order(rig.database), datetime.now(UTC)
    with rig.database.write() as connection:
        since = {"created_at": now - timedelta(hours=3), "due_at": now - timedelta(hours=3)}
        connection.execute(update(schema.record).where(schema.record.c.id == order.id).values(**since))
    silent = read(rig)
    assert silent["tidegate_lane_silence_seconds"][LANE,] == pytest.approx(10_800, abs=60)
    assert silent["tidegate_lane_silent_windows"][LANE,] in {11, 12}, "a quarter of an hour each"
    with rig.database.write() as connection:
        know_lane(connection, LANE, now)
        connection.execute(update(schema.lane).values(last_confirmed_at=now - timedelta(minutes=5)))
    assert read(rig)["tidegate_lane_silence_seconds"][LANE,] == pytest.approx(300, abs=60)


def test_the_silence_of_a_queue_is_that_of_its_heartbeat(rig: Rig) -> None:
    now = datetime.now(UTC)
    names = [heartbeats.of_queue("intake"), heartbeats.of_worker("intake.1@here")]
    heartbeats.note(rig.database, names, by="test", now=now - timedelta(seconds=90))
    silent = read(rig)["tidegate_queue_silence_seconds"]
    assert silent == {("intake",): pytest.approx(90, abs=30)}


def test_a_source_that_is_away_is_said_to_be_and_has_no_figures(rig: Rig) -> None:
    found = read(rig)
    assert found["tidegate_source_up"] == {("ledger",): 1, ("broker",): 0}
    assert "tidegate_queue_messages" not in found
    text = rig.config.read_text()
    rig.config.write_text(text.replace("/ledger.db", "/nowhere/ledger.db"))
    assert read(rig) == {"tidegate_source_up": {("ledger",): 0, ("broker",): 0}}


def test_many_readers_cost_no_more_than_one(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = Standing(load_settings(rig.config))

    def count() -> float:
        figures = {each.name: each for each in looked.collect()}
        return sum(sample.value for sample in figures["tidegate_records"].samples)

    assert count() == 0
    an_order(rig.database)
    assert count() == 0, "told the same, as it was asked just now"
    monkeypatch.setattr(standing, "CALM_S", 0)
    assert count() == 1
    looked.close()
