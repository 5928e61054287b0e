"""Runs a drill as a person runs it."""

import subprocess
import sys

LONGEST_S = 360


def drill(*arguments: str) -> str:
    """What a drill printed; it must end well."""
    command = [sys.executable, "-m", "workers.cli", "drill", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout
