"""One session process seen from the agent: started, asked with a deadline, and proven ended."""

import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import psutil

from bridge.erp.sage100.wire import error_from_wire
from workers.sage_agent.settings import AgentSettings

_LINE_LIMIT_BYTES = 16_000_000
_CLOCK_SLACK_S = 1
_POLL_S = 0.05
_MODULE = "bridge.erp.sage100.session_host"

if sys.platform == "win32":
    _APART: dict[str, Any] = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _APART: dict[str, Any] = {"start_new_session": True}


class HostLost(Exception):
    """The session process has ended, or was ended because it overran its deadline; it is proven gone."""


class SessionHost:
    """A child process that holds one Sage session. It ends by itself when its stdin closes, so also when we die."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a session process needs pipes for stdin and stdout")
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self.pid = process.pid
        self.born = _born(process.pid)
        self.is_spent = False

    @classmethod
    async def start(cls, settings: AgentSettings) -> "SessionHost":
        """Starts the process, out of reach of a Ctrl-C meant for the agent; it does nothing until it is told to."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _MODULE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **settings.child_environment},
            limit=_LINE_LIMIT_BYTES,
            **_APART,
        )
        return cls(process)

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended yet, as far as we have been told."""
        return self._process.returncode is None

    async def ask(self, line: object, deadline_s: float) -> Any:
        """Sends one line and gives its answer; raises the error that was answered, or `HostLost`."""
        try:
            async with asyncio.timeout(deadline_s):
                told = json.loads(await self._exchange(line))
        except (TimeoutError, OSError, ValueError) as lost:
            await self.kill()
            why = f"overran its deadline of {deadline_s} s" if isinstance(lost, TimeoutError) else "has ended"
            raise HostLost(f"session process {self.pid} {why}") from lost
        self.is_spent = told.get("is_spent", True)
        error = error_from_wire(told)
        if error:
            raise error
        return told["answer"]

    async def _exchange(self, line: object) -> bytes:
        self._stdin.write(json.dumps(line).encode() + b"\n")
        await self._stdin.drain()
        return await self._stdout.readline()

    async def end(self, grace_s: float) -> bool:
        """Ends the process and waits until it has ended; True when it gave its seat back by itself."""
        self._stdin.close()
        try:
            async with asyncio.timeout(grace_s):
                return await self._process.wait() == 0
        except TimeoutError:
            await self.kill()
            return False

    async def kill(self) -> None:
        """Ends the process at once; twice is the same as once."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


def _born(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def _still_runs(pid: int, born: float) -> bool:
    """Whether this very process runs: not a later one of the same number, nor one that only waits to be buried."""
    try:
        process = psutil.Process(pid)
        is_same = abs(process.create_time() - born) < _CLOCK_SLACK_S
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def end_leftover(pid: int, born: float, grace_s: float) -> bool:
    """Proves a process of the agent's former life ended; True when it ended by itself.

    Its stdin closed when that agent died, so it is given the grace to give its seat back; then it is killed.
    """
    kill_at_s = time.monotonic() + grace_s
    ended_well = True
    while _still_runs(pid, born):
        if time.monotonic() > kill_at_s:
            ended_well = False
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
        await asyncio.sleep(_POLL_S)
    return ended_well
