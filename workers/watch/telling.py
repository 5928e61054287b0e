"""Tells people of alarms through apprise: one message a target and round, tried again until it has arrived."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog
from apprise import Apprise, NotifyType
from pydantic import SecretStr

from bridge.alarms.settings import AlertSettings
from bridge.alarms.telling import EVERY, URGENT, Audience, News, after, news
from bridge.errors import Misconfigured
from workers.watch.looking import Look
from workers.watch.memory import Memory
from workers.watch.words import body, title

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Target:
    """One URL of apprise. `name` is for the log, `id` for the file; neither holds the URL, which has secrets in it."""

    name: str
    id: str
    audience: Audience
    road: Any


class Teller:
    """Tells the targets of the settings; `path` keeps what each was told. Raises `Misconfigured` for a wrong URL."""

    def __init__(self, settings: AlertSettings, path: Path) -> None:
        self._targets = tuple(_targets(settings))
        self._path = path

    def tell(self, look: Look) -> list[str]:
        """Tells every target what is due to it; the names of those that could not be told, for the next round to try.

        The same look again tells nobody anything new.
        """
        memory = Memory.load(self._path)
        alarms = memory.dated(look.alarms, [key for key in memory.since if look.is_hidden(key)])
        failed = []
        told = {}
        for target in self._targets:
            known = memory.told.get(target.id, {})
            due = news(target.audience, alarms, known, look.at, look.is_hidden)
            is_told = not due or _deliver(target, due, look)
            told[target.id] = after(known, due, look.at) if is_told else known
            failed += [] if is_told else [target.name]
        memory.told = told
        memory.save()
        return failed


def _targets(settings: AlertSettings) -> Iterator[_Target]:
    calm = {"repeat_s": settings.repeat_s, "calm_s": settings.calm_s}
    first = Audience(EVERY, after_s=0, **calm)
    later = Audience(URGENT, after_s=settings.escalate_after_s, **calm)
    for kind, audience, urls in (
        ("targets", first, settings.targets),
        ("escalation_targets", later, settings.escalation_targets),
    ):
        for number, url in enumerate(urls):
            name = f"alerts.{kind}[{number}]"
            digest = sha256(url.get_secret_value().encode()).hexdigest()[:16]
            yield _Target(name, f"{kind}:{digest}", audience, _road(name, url))


def _road(name: str, url: SecretStr) -> Apprise:
    road = Apprise()
    if not road.add(url.get_secret_value()):
        raise Misconfigured(
            f"{name}: apprise cannot tell anybody by this URL; write one such as mailto://user:password@host, or take "
            "it out"
        )
    return road


def _deliver(target: _Target, due: News, look: Look) -> bool:
    kind = NotifyType.FAILURE if due.opened else NotifyType.WARNING if due.lasting else NotifyType.SUCCESS
    try:
        is_told = bool(target.road.notify(body=body(due, look.at), title=title(due), notify_type=kind))
    except Exception as error:  # a plug-in of somebody else's must not keep other targets from being told
        _log.warning("target_failed", target=target.name, error=type(error).__name__)
        return False
    if not is_told:
        _log.warning("target_not_told", target=target.name)
    return is_told
