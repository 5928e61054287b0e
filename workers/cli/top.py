"""`tidegate top`: the overview in a terminal, live."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.opening import settings_of
from workers.cli.options import Config
from workers.cli.show import console

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workers.cli.top_parts import Parts
    from workers.settings import Settings

_FIRST_PATIENCE_S = 10.0
"""What `--once` grants parts that may be away; a live picture renews itself, and grants half a second."""
_PATIENCE_S = 0.5


def top(
    once: Annotated[bool, typer.Option("--once", help="Print one picture and exit.")] = False,
    every: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Seconds from one picture to the next.")] = 2,
    config: Config = None,
) -> None:
    """Watch how the fleet stands, renewed all the time: flows and their money, lanes, seats, queues, alarms.

    Whatever is away is said to be, and the rest goes on. Of the ledger it reads only what is unfinished and what was
    confirmed today (UTC), and it takes a tenth of any part's time at most. Press q or Ctrl+C to end.

    [dim]Example: tidegate top --every 5[/]
    """
    from workers.cli.top_parts import Parts

    settings = settings_of(config)
    with Parts(settings) as parts:
        if once:
            console().print(_picture(settings, parts, _FIRST_PATIENCE_S))
        else:
            _live(settings, parts, every)


def _live(settings: "Settings", parts: "Parts", every_s: float) -> None:
    from rich.live import Live

    with typed_keys() as pressed, Live(console=console(), screen=console().is_terminal, auto_refresh=False) as live:
        try:
            while True:
                live.update(_picture(settings, parts, _PATIENCE_S), refresh=True)
                if pressed(every_s) == "q":
                    return
        except KeyboardInterrupt:
            return


def _picture(settings: "Settings", parts: "Parts", patience_s: float) -> "RenderableType":
    from bridge.ports.clock import SystemClock
    from workers.cli.top_parts import next_openings
    from workers.cli.top_picture import picture

    seen, now = parts.look(patience_s), SystemClock().now()
    return picture(seen, next_openings(settings, now), now)


@contextmanager
def typed_keys() -> Iterator[Callable[[float], str]]:
    """What waits so many seconds for a key and gives it, or nothing; where no keys are typed it only waits."""
    if sys.platform == "win32" or not sys.stdin.isatty():
        yield _only_wait
        return
    import select
    import termios
    import tty

    def pressed(within_s: float) -> str:
        ready, _, _ = select.select([sys.stdin], [], [], within_s)
        return sys.stdin.read(1) if ready else ""

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield pressed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _only_wait(within_s: float) -> str:
    time.sleep(within_s)
    return ""
