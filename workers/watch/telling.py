"""Tells people of alarms through apprise: one message a target and round, tried again until it has arrived."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from apprise import Apprise, NotifyType
from pydantic import SecretStr

from bridge.alarms.settings import AlertSettings
from bridge.alarms.telling import EVERY, URGENT, Audience, News, after, news
from bridge.errors import Misconfigured
from workers.watch.looking import Look
from workers.watch.memory import Memory
from workers.watch.words import body, title


@dataclass(frozen=True)
class Target:
    """One URL of apprise. `name` is for the log, `id` for the file; neither holds the URL, which has secrets in it."""

    name: str
    id: str
    audience: Audience
    road: Any


class Teller:
    """Tells the targets of the settings; `path` keeps what each was told. Raises `Misconfigured` for a wrong URL."""

    def __init__(self, settings: AlertSettings, path: Path) -> None:
        self._targets = tuple(targets_of(settings))
        self._memory = Memory.load(path)

    def tell(self, look: Look) -> list[str]:
        """Tells every target what is due to it; what went wrong, in words. Who could not be told is told next time.

        The same look again tells nobody anything new.
        """
        memory = self._memory
        troubles = [memory.trouble] if memory.trouble else []
        alarms = memory.dated(look.alarms, [key for key in memory.since if look.is_hidden(key)])
        told = {}
        for target in self._targets:
            known = memory.told.get(target.id, {})
            due = news(target.audience, alarms, known, look.at, look.is_hidden)
            trouble = _deliver(target, due, look) if due else None
            told[target.id] = known if trouble else after(known, due, look.at)
            troubles += [trouble] if trouble else []
        memory.told, memory.trouble = told, None
        return troubles + self._save()

    def _save(self) -> list[str]:
        try:
            self._memory.save()
        except OSError as error:
            return [f"{self._memory.path} could not be written ({error}): free its disk, or people are told again"]
        return []


def targets_of(settings: AlertSettings) -> Iterator[Target]:
    """Every target with what it is told. Raises `Misconfigured` for a URL that apprise does not know."""
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
            yield Target(name, f"{kind}:{digest}", audience, _road(name, url))


def _road(name: str, url: SecretStr) -> Apprise:
    road = Apprise()
    if not road.add(url.get_secret_value()):
        raise Misconfigured(
            f"{name}: apprise cannot tell anybody by this URL; write one such as mailto://user:password@host, or take "
            "it out"
        )
    return road


def _deliver(target: Target, due: News, look: Look) -> str | None:
    """Sends one message; what went wrong, or None. apprise logs the other side's answer by itself."""
    kind = NotifyType.FAILURE if due.opened else NotifyType.WARNING if due.lasting else NotifyType.SUCCESS
    try:
        is_told = target.road.notify(body=body(due, look.at), title=title(due), notify_type=kind)
    except Exception as error:  # a plug-in of somebody else's must not keep other targets from being told
        return f"{target.name} could not be told ({type(error).__name__})"
    return None if is_told else f"{target.name} could not be told"
