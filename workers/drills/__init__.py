"""Drills: what the fleet promises, put to the test by a command, with a report to keep."""
