"""What the watch has told whom, in a small file of its own: it must know that without ledger and broker."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.alarms.muting import Mute
from bridge.alarms.telling import Known, OpenAlarm, Told


@dataclass
class Memory:
    """Since when each alarm is open, and what each target was told of it; `trouble` is what was wrong with the file.

    `mutes` are the silences that the ledger told of last: they hold while it is away, too.
    """

    path: Path
    trouble: str | None = None
    since: dict[str, datetime] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    mutes: tuple[Mute, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "Memory":
        """What the last round kept. A file that cannot be read is begun anew: telling twice is better than never."""
        try:
            return cls(path, **_from_json(json.loads(path.read_text(encoding="utf-8"))))
        except FileNotFoundError:
            return cls(path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return cls(path, trouble=f"{path} could not be read ({error}), so that everything is told anew")

    def save(self) -> None:
        """Replaces the file in one step, so that a kill leaves the old or the new one whole. Raises `OSError`."""
        state = {
            "since": {key: moment.isoformat() for key, moment in self.since.items()},
            "told": {
                target: {key: _as_json(each) for key, each in known.told.items()}
                for target, known in self.known.items()
            },
            "sent": {target: [moment.isoformat() for moment in known.sent] for target, known in self.known.items()},
            "mutes": [_mute_as_json(mute) for mute in self.mutes],
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        draft.write_text(json.dumps(state, indent=1), encoding="utf-8")
        draft.replace(self.path)

    def dated(self, alarms: Sequence[OpenAlarm], hidden: Sequence[str]) -> list[OpenAlarm]:
        """The alarms, each open since it was first seen; forgets those that are over, but not what is `hidden`."""
        dated = [replace(alarm, since=min(self.since.get(alarm.key, alarm.since), alarm.since)) for alarm in alarms]
        kept = {key: self.since[key] for key in hidden}
        self.since = {**kept, **{alarm.key: alarm.since for alarm in dated}}
        return dated


def _as_json(told: Told) -> dict[str, Any]:
    return {"since": told.since.isoformat(), "at": told.at.isoformat(), "is_urgent": told.is_urgent}


def _mute_as_json(mute: Mute) -> dict[str, str]:
    return {**asdict(mute), "since": mute.since.isoformat(), "until": mute.until.isoformat()}


def _from_json(state: Mapping[str, Any]) -> dict[str, Any]:
    """What the file holds; one of a former release has neither messages nor silences."""
    sent = state.get("sent", {})
    return {
        "since": {key: _moment(text) for key, text in state["since"].items()},
        "known": {
            target: Known(
                {key: Told(_moment(it["since"]), _moment(it["at"]), it["is_urgent"]) for key, it in told.items()},
                tuple(map(_moment, sent.get(target, ()))),
            )
            for target, told in state["told"].items()
        },
        "mutes": tuple(
            Mute(it["pattern"], _moment(it["since"]), _moment(it["until"]), it["by"], it["why"])
            for it in state.get("mutes", ())
        ),
    }


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {text}")
    return moment
