"""One session process seen from the agent: started, asked with a deadline, and proven ended."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
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
    """The session process has ended, or was ended because it overran its deadline; it is proven gone.

    `may_have_begun` is False where what was asked was still behind something that had no answer.
    """

    def __init__(self, why: str, *, may_have_begun: bool = True) -> None:
        super().__init__(why)
        self.may_have_begun = may_have_begun


@dataclass(frozen=True)
class _Asked:
    answer: "asyncio.Future[Any]"
    deadline_s: float


def _seen(answer: "asyncio.Future[Any]") -> None:
    """An error that nobody waits for is no fault of the agent's."""
    if not answer.cancelled():
        answer.exception()


class SessionHost:
    """A child process that holds one Sage session. It ends by itself when its stdin closes, so also when we die."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a session process needs pipes for stdin and stdout")
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._asked: deque[_Asked] = deque()
        self._reading: asyncio.Task[None] | None = None
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

    def ask(self, line: object, deadline_s: float) -> "asyncio.Future[Any]":
        """Sends one line at once, behind those that wait for the process already, and gives its answer to come.

        That raises the error that was answered, or `HostLost`. The deadline counts from when the process has answered
        all that was asked before. Nobody needs to wait for the answer.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_seen)
        self._asked.append(_Asked(answer, deadline_s))
        self._stdin.write(json.dumps(line).encode() + b"\n")
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        return answer

    async def _read(self) -> None:
        """Gives each answer to who asked, in order; a process that is lost is lost for all who wait."""
        while self._asked:
            asked = self._asked[0]
            try:
                async with asyncio.timeout(asked.deadline_s):
                    told = json.loads(await self._stdout.readline())
            except (TimeoutError, OSError, ValueError) as lost:
                await self.kill()
                why = f"overran its deadline of {asked.deadline_s} s" if isinstance(lost, TimeoutError) else "has ended"
                await self._lose(f"session process {self.pid} {why}")
                return
            self._asked.popleft()
            self.is_spent = told.get("is_spent", True)
            error = error_from_wire(told)
            if not asked.answer.done():
                asked.answer.set_exception(error) if error else asked.answer.set_result(told["answer"])

    async def _lose(self, why: str) -> None:
        """Whatever it had answered before it was ended, it was at what comes next, and at nothing behind that."""
        answered = (await self._stdout.read()).count(b"\n")
        for place, asked in enumerate(self._asked):
            if not asked.answer.done():
                asked.answer.set_exception(HostLost(why, may_have_begun=place <= answered))
        self._asked.clear()

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
