"""What beat wakes, and how long a tick lives."""

from pathlib import Path

import pytest

from workers.schedule import TICK_LIFE_S, beat_schedule
from workers.settings import Settings, load_settings
from workers.stage.plan import Shop, StagePlan


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    plan = StagePlan(tmp_path, (Shop("clarity", "main", "ABC"), Shop("west", "west", "XYZ")))
    plan.write()
    return load_settings(plan.config)


def test_a_slow_kind_of_task_starves_no_other_of_its_queue(settings: Settings) -> None:
    """Found by a campaign: ticks lived as long as their rhythm, so behind slow reads every telling had expired."""
    for row in beat_schedule(settings).values():
        assert row["options"]["expires"] >= TICK_LIFE_S
        assert row["options"]["expires"] >= row["schedule"]


def test_every_storefront_is_read_polled_and_told(settings: Settings) -> None:
    rows = beat_schedule(settings).values()
    for task in ("documents.read", "storefront.poll", "storefront.tell"):
        assert {row["args"] for row in rows if row["task"] == task} == {("clarity",), ("west",)}
