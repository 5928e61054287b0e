"""The drills that tell a story, as people run them: each ends well."""

import pytest

from tests.drill_runs import drill


@pytest.mark.parametrize("story", ["weekend", "backup", "seat-leak", "half-batch", "poison"])
def test_a_drill_tells_its_story_to_a_good_end(story: str) -> None:
    told = drill(story)
    assert " yes " in told
    assert "all as it must be" in told
