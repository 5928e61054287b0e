"""A play: it tells what happens, checks what must follow, and keeps what did not."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from bridge.errors import TidegateError
from workers.drills.ground import Ground
from workers.stage.plan import Shop, StagePlan
from workers.stage.stage import Stage
from workers.stage.waiting import TookTooLong, until


class Play:
    """One run of a drill. `wrong` holds every check that failed; `folder` takes all files."""

    def __init__(self, console: Console, folder: Path) -> None:
        self.folder = folder
        self.wrong: list[str] = []
        self._console = console
        self._began = time.monotonic()

    def tell(self, text: str) -> None:
        """Something happens."""
        self._say(escape(text))

    def check(self, holds: bool, what: str) -> None:
        """Something must be so."""
        self._say(f"[green]yes[/]  {escape(what)}" if holds else f"[red]NO[/]   {escape(what)}")
        if not holds:
            self.wrong.append(what)

    def _say(self, markup: str) -> None:
        self._console.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/]  {markup}", highlight=False)

    def comes(self, condition: Callable[[], bool], what: str, within_s: float = 60.0) -> float:
        """Something must come about in time; the seconds that it took."""
        began = time.monotonic()
        try:
            until(condition, what, within_s)
        except TookTooLong:
            self.check(False, f"{what}, within {within_s:g} s")
        else:
            self.check(True, what)
        return time.monotonic() - began

    def settles(self, ground: Ground) -> None:
        """The accounts of the site, of Sage and of the ledger must agree in the end."""
        try:
            account = ground.settle()
        except TidegateError as error:
            self.check(False, f"the accounts agree: {str(error).splitlines()[0]}")
            return
        self.check(True, f"the accounts agree: {len(account.orders)} orders, each once in Sage and told")

    @contextmanager
    def ground(self, **plan: Any) -> Iterator[Ground]:
        """A fleet for one shop, with goods in it, at rest."""
        with self.stage(**plan) as ground:
            ground.open_shops()
            yield ground

    @contextmanager
    def stage(self, **plan: Any) -> Iterator[Ground]:
        """A fleet for one shop, with nothing in it yet."""
        self.tell("a fleet of its own starts, with a sandbox site and a simulated Sage")
        shops = (Shop("clarity", "main", "ABC"),)
        made = StagePlan(self.folder, shops, rate_per_s=200, burst=400, with_flower=False, **plan)
        with Stage(made) as stage:
            ground = Ground(stage)
            try:
                yield ground
            finally:
                ground.close()


def conduct(drill: Callable[[Play], None], keep: Path | None) -> int:
    """Plays a drill for a person at a terminal; 0 when everything was as it must be."""
    console = Console(emoji=False)  # `:ABC:` is a company here
    folder = keep or Path(tempfile.mkdtemp(prefix="tidegate-drill-"))
    play = Play(console, folder.resolve())
    try:
        drill(play)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    for each in play.wrong:
        console.print(f"[red]not so: {escape(each)}[/]", highlight=False)
    console.print(f"[bold]{'something is wrong' if play.wrong else 'all as it must be'}[/]")
    return 1 if play.wrong else 0
