"""How hard the state machines look: as in every test run, or as in the hunt for planted mistakes."""

import os

from hypothesis import HealthCheck, Phase, settings

HUNT = "TIDEGATE_MUTANT_HUNT"
"""Set by `tidegate drill mutants`: so many times the ordinary examples, and a failure is told as it was found."""


def effort(examples: int, steps: int = 30) -> settings:
    """The same examples in every run, so that what one run finds the next one finds too."""
    times = int(os.environ.get(HUNT, "0"))
    return settings(
        max_examples=examples * (times or 1),
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate] if times else list(Phase),
        suppress_health_check=list(HealthCheck),
    )
