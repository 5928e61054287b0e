"""Outcomes are committed beside the seat: all of them, in order, soon, and a failed commit stops the writer."""

from collections.abc import Sequence
from threading import Event
from time import monotonic

import pytest

from bridge.errors import StaleFence
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.writing.committer import LINGER_S, Committer


def line(record_id: int) -> ResultLine:
    return ResultLine(record_id, Outcome.CONFIRMED)


def test_every_line_is_committed_in_order_and_before_it_is_left() -> None:
    groups: list[list[int]] = []
    with Committer(lambda lines: groups.append([each.record_id for each in lines])) as committer:
        for record_id in range(50):
            committer.add(line(record_id))
    assert [record_id for group in groups for record_id in group] == list(range(50))
    assert len(groups) < 50, "lines that come together share a commit"


def test_a_line_waits_for_company_only_so_long() -> None:
    committed = Event()
    with Committer(lambda _: committed.set()) as committer:
        began = monotonic()
        committer.add(line(1))
        assert committed.wait(timeout=5)
        assert monotonic() - began >= LINGER_S / 2, "it waited for company"


def test_lines_that_keep_coming_do_not_put_the_first_one_off() -> None:
    committed = Event()
    with Committer(lambda _: committed.set()) as committer:
        deadline = monotonic() + 5
        while not committed.wait(timeout=0.05):
            committer.add(line(1))
            assert monotonic() < deadline, "the first line is still waiting"


def test_with_nothing_to_commit_it_commits_nothing() -> None:
    groups: list[Sequence[ResultLine]] = []
    with Committer(groups.append):
        pass
    assert groups == []


def test_a_failed_commit_stops_the_writer_at_its_next_line_and_on_leaving() -> None:
    tried, went_on = Event(), Event()

    def refuse(_: Sequence[ResultLine]) -> None:
        tried.set()
        raise StaleFence("a newer writer owns the lane")

    def write() -> None:
        with Committer(refuse) as committer:
            committer.add(line(1))
            assert tried.wait(timeout=5)
            deadline = monotonic() + 5
            while monotonic() < deadline:
                committer.add(line(2))
            went_on.set()

    with pytest.raises(StaleFence):
        write()
    assert not went_on.is_set()


def test_an_error_of_the_last_commit_is_raised_on_leaving() -> None:
    def refuse(_: Sequence[ResultLine]) -> None:
        raise StaleFence("a newer writer owns the lane")

    def write() -> None:
        with Committer(refuse) as committer:
            committer.add(line(1))

    with pytest.raises(StaleFence):
        write()
