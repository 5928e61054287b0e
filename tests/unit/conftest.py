"""Fixtures of the unit tests."""

from tests.task_rig import rig  # noqa: F401
