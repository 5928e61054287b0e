"""What the doctor finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workers.settings import Settings

OK, WARNING, FATAL = "ok", "warning", "FATAL"


@dataclass(frozen=True)
class Finding:
    """What was found of one thing, with the way out if it is not `ok`."""

    place: str
    level: str
    text: str


Check = Callable[["Settings"], Iterator[Finding]]
