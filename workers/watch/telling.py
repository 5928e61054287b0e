"""Tells people of alarms through apprise: one message a target and round, tried again until it has arrived."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apprise import NotifyType

from bridge.alarms.muting import muted
from bridge.alarms.settings import AlertSettings
from bridge.alarms.telling import EVERY, URGENT, Audience, Known, after, news
from workers.watch.looking import Look
from workers.watch.memory import Memory
from workers.watch.roads import AppriseRoad, roads
from workers.watch.words import Links, body, title


@dataclass(frozen=True)
class Target:
    """Somebody who is told by a road, and what of. `id` is for the file; it does not hold the URL, which is secret."""

    id: str
    audience: Audience
    road: AppriseRoad


class Teller:
    """Tells the targets of the settings; `path` keeps what each was told. Raises `Misconfigured` for a wrong URL."""

    def __init__(self, settings: AlertSettings, path: Path, links: Links) -> None:
        self._targets = tuple(targets_of(settings))
        self._links = links
        self._memory = Memory.load(path)

    def tell(self, look: Look) -> list[str]:
        """Tells every target what is due to it; what went wrong, in words. Who could not be told is told next time.

        The same look again tells nobody anything new.
        """
        memory = self._memory
        troubles = [memory.trouble] if memory.trouble else []
        memory.mutes = memory.mutes if look.mutes is None else look.mutes
        dated = memory.dated(look.alarms, [key for key in memory.since if look.is_hidden(key)])
        alarms = muted(dated, memory.mutes)
        silenced = [mute for mute in memory.mutes if mute.is_on(look.at)]
        present = {}
        for target in self._targets:
            known = memory.known.get(target.id, Known())
            due = news(target.audience, alarms, known, look.at, look.is_hidden)
            kind = NotifyType.FAILURE if due.opened else NotifyType.WARNING if due.still_open else NotifyType.SUCCESS
            text = body(due, look.at, self._links, silenced)
            trouble = target.road.tell(title(due), text, kind) if due else None
            present[target.id] = after(target.audience, known, due, look.at) if due and not trouble else known
            troubles += [trouble] if trouble else []
        memory.known, memory.trouble = present, None
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
        for road in roads(f"alerts.{kind}", urls):
            yield Target(f"{kind}:{road.id}", audience, road)
