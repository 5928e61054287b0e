"""The drills that tell a story, as people run them: each ends well."""

from functools import partial

import pytest

from tests.drill_runs import drill

LONG = partial(pytest.param, marks=pytest.mark.long)


@pytest.mark.parametrize("story", ["backup", "seat-leak", "half-batch", LONG("weekend"), LONG("poison")])
def test_a_drill_tells_its_story_to_a_good_end(story: str) -> None:
    told = drill(story)
    assert " yes " in told
    assert "all as it must be" in told
