"""How hard the state machines look, and how often they do what: the same in every run."""

import os
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

HUNT = "TIDEGATE_MUTANT_HUNT"
"""Set by `tidegate drill mutants` to how many times as many examples it wants; a failure is then told as it was found,
without a search for a smaller one."""


def effort(examples: int, steps: int = 30) -> settings:
    """The same examples in every run, so that what one run finds the next one finds too."""
    return settings(
        max_examples=examples * int(os.environ.get(HUNT, "1")),
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate] if HUNT in os.environ else list(Phase),
        suppress_health_check=list(HealthCheck),
    )


def weighed(deeds: Mapping[str, tuple[int, st.SearchStrategy[Any]]]) -> st.SearchStrategy[tuple[str, tuple[Any, ...]]]:
    """A deed's name with its arguments; `deeds` says how often each comes, and what its arguments are.

    Hypothesis itself leaves whole rules out of a run, and weighs none. A machine with many rules then seldom has a run
    in which anything is written, let alone twice; so it has one rule, and this.
    """
    names = [name for name, (weight, _) in deeds.items() for _ in range(weight)]
    return st.sampled_from(names).flatmap(lambda name: st.tuples(st.just(name), deeds[name][1]))
