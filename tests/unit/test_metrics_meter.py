"""A meter counts what its program does, and what the program's forked child does."""

import os
from collections.abc import Callable

import pytest

from tests.waits import until
from workers.metrics import declared
from workers.metrics.meter import Meter


def figure(meter: Meter, name: str, **labels: str) -> float | None:
    return meter.registry.get_sample_value(name, labels)


def in_child(work: Callable[[], object]) -> None:
    """Does the work in a forked child, as a prefork worker's slot does, and waits for its end."""
    if (pid := os.fork()) == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_a_counter_grows_by_what_is_noted() -> None:
    meter = Meter("receiver")
    meter.note(declared.DOOR_REQUESTS, 1, "accepted")
    meter.note(declared.DOOR_REQUESTS, 2, "accepted")
    meter.note(declared.DOOR_REQUESTS, 1, "too large")
    assert figure(meter, "tidegate_door_requests_total", answer="accepted") == 3
    assert figure(meter, "tidegate_door_requests_total", answer="too large") == 1


def test_a_histogram_has_the_declared_bounds() -> None:
    meter = Meter("intake")
    meter.note(declared.ARRIVAL_LAG, 0.5)
    meter.note(declared.ARRIVAL_LAG, 100)
    assert figure(meter, "tidegate_arrival_lag_seconds_count") == 2
    assert figure(meter, "tidegate_arrival_lag_seconds_sum") == 100.5
    assert figure(meter, "tidegate_arrival_lag_seconds_bucket", le="1.0") == 1
    assert figure(meter, "tidegate_arrival_lag_seconds_bucket", le="300.0") == 2


def test_it_says_which_program_it_is() -> None:
    found = [sample for family in Meter("storefront", 2).registry.collect() for sample in family.samples]
    [build] = [sample for sample in found if sample.name == "tidegate_build_info"]
    assert (build.labels["role"], build.labels["number"], build.value) == ("storefront", "2", 1)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_what_a_child_notes_is_in_its_parents_figures_also_after_the_child_was_replaced() -> None:
    meter = Meter("intake")
    for _ in range(2):
        in_child(lambda: [meter.note(declared.ARRIVALS, 3, "taken"), meter.note(declared.ARRIVAL_LAG, 7)])
    meter.note(declared.ARRIVALS, 1, "taken")
    until(lambda: figure(meter, "tidegate_arrivals_total", result="taken") == 7, "the child's notes to arrive")
    until(lambda: figure(meter, "tidegate_arrival_lag_seconds_sum") == 14, "the child's observations to arrive")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_is_never_held_up_by_a_parent_that_does_not_read() -> None:
    meter = Meter("intake")

    def note_into_a_pipe_that_nobody_reads() -> None:
        _, meter._to_parent = os.pipe()
        os.set_blocking(meter._to_parent, False)
        for _ in range(20_000):
            meter.note(declared.ARRIVALS, 1, "taken")

    in_child(note_into_a_pipe_that_nobody_reads)
    assert figure(meter, "tidegate_arrivals_total", result="taken") is None
