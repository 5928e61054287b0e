"""Commands of ours as processes of their own, as a supervisor runs them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli_rig import Rig


@contextmanager
def running(rig: Rig, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command as a process of its own, killed at the end if it still runs."""
    log = log_of(rig, arguments[-1])
    with log.open("wb") as output:
        program = subprocess.Popen(
            [sys.executable, "-m", "workers.cli", *arguments, "--config", str(rig.config)],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).parents[1],
            env={**os.environ, **environment},
        )
    try:
        yield program
    except AssertionError as failed:
        raise AssertionError(f"{failed}; the program said:\n{log.read_text(errors='replace')[-3000:]}") from failed
    finally:
        program.kill()
        program.wait()


def log_of(rig: Rig, name: str) -> Path:
    return rig.config.with_name(f"{name}.log")


def ended(program: subprocess.Popen[bytes]) -> int:
    """Stops it as a supervisor does, and gives its exit status."""
    program.terminate()
    return program.wait(15)
