"""The roads by which people are told: apprise's, one URL each. What fails says so in words and raises nothing."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from apprise import Apprise, NotifyFormat, NotifyType
from pydantic import SecretStr

from bridge.errors import Misconfigured


@dataclass(frozen=True)
class AppriseRoad:
    """One URL of apprise. `name` is for the log, `id` for what is kept; neither holds the URL, which has secrets."""

    name: str
    id: str
    opened: Any

    def tell(self, title: str, body: str, kind: NotifyType = NotifyType.INFO) -> str | None:
        """Sends one message, plain text; what went wrong, or None. apprise logs the other side's answer by itself.

        The same again is a second message.
        """
        try:
            is_told = self.opened.notify(body=body, title=title, notify_type=kind, body_format=NotifyFormat.TEXT)
        except Exception as error:  # a plug-in of somebody else's must not keep other targets from being told
            return f"{self.name} could not be told ({type(error).__name__})"
        return None if is_told else f"{self.name} could not be told"


def roads(setting: str, urls: Iterable[SecretStr]) -> Iterator[AppriseRoad]:
    """A road for each URL of a setting. Raises `Misconfigured` for a URL that apprise does not know."""
    for number, url in enumerate(urls):
        name, opened = f"{setting}[{number}]", Apprise()
        with _unheard():
            is_known = opened.add(url.get_secret_value())
        if not is_known:
            raise Misconfigured(
                f"{name}: apprise cannot tell anybody by this URL; write one such as mailto://user:password@host, or "
                "take it out"
            )
        yield AppriseRoad(name, sha256(url.get_secret_value().encode()).hexdigest()[:16], opened)


@contextmanager
def _unheard() -> Iterator[None]:
    """apprise writes a URL that it cannot make out into the log, with the secrets in it."""
    logger = logging.getLogger("apprise")
    was_disabled, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was_disabled
