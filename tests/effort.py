"""How hard the state machines look: as in every test run, or as in the hunt for planted mistakes."""

import os

from hypothesis import HealthCheck, Phase, settings

HUNT = "TIDEGATE_MUTANT_HUNT"
"""Set by `tidegate drill mutants`: the same examples, but a failure is told as it was found, without a search for a
smaller one."""


def effort(examples: int, steps: int = 30) -> settings:
    """The same examples in every run, so that what one run finds the next one finds too."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate] if HUNT in os.environ else list(Phase),
        suppress_health_check=list(HealthCheck),
    )
