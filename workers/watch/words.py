"""What people read in a message: each alarm in a line, with the page that says what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.alarms.muting import Mute
from bridge.alarms.telling import News, OpenAlarm, Told
from workers.settings import Settings

MOST_LINES = 20
_MOST_LETTERS = 400

RUNBOOKS = {
    "silence": "silence",
    "outage": "silence",
    "traffic": "traffic",
    "halted": "lane-halted",
    "fault": "dead-letters",
    "dead": "dead-letters",
    "review": "dead-letters",
    "held": "dead-letters",
    "identity": "dead-letters",
    "change": "dead-letters",
    "customer": "dead-letters",
    "deleted": "alarms",
    "flagged": "dead-letters",
    "probe": "dead-letters",
    "seats": "seat-leaked",
    "erp-went-back": "sage-went-back",
    "clock": "clock-was-ahead",
    "waiting": "waiting",
    "digest": "digest",
    "drift": "drift",
    "broker": "broker-lost",
    "ledger": "ledger-away",
    "queue": "watch",
    "beat": "watch",
}
"""The page of docs/runbooks for each kind of alarm, the part of its key before the colon."""


def runbook(key: str) -> str:
    """The page for an alarm."""
    return f"docs/runbooks/{RUNBOOKS.get(key.partition(':')[0], 'watch')}.md"


@dataclass(frozen=True)
class Links:
    """Where a message leads: the address of the desk, and of the folder of the runbooks; None where unset."""

    desk: str | None = None
    runbooks: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Links":
        """As the settings say."""
        alerts = settings.alerts
        return cls(desk_url(settings), alerts.runbooks_url if alerts else None)

    def runbook(self, key: str) -> str:
        """Where an alarm's page is read."""
        page = runbook(key)
        return f"{self.runbooks.rstrip('/')}/{page.rpartition('/')[2]}" if self.runbooks else page


def desk_url(settings: Settings) -> str | None:
    """The desk's address as people reach it, without a slash at its end; None when there is no desk, or nobody said."""
    url = settings.desk.public_url if settings.desk else None
    return url.rstrip("/") if url else None


def title(news: News) -> str:
    """The message in a line."""
    parts = [
        f"{count} {what}"
        for count, what in (
            (len(news.opened), "new alarms" if len(news.opened) > 1 else "new alarm"),
            (len(news.still_open), "still open"),
            (len(news.closed), "over"),
        )
        if count
    ]
    return f"Tidegate: {', '.join(parts)}"


def body(news: News, now: datetime, links: Links, silenced: Sequence[Mute] = ()) -> str:
    """The alarms, what is urgent first; of very many the first, and how many more there are. Then what is silenced."""
    lines = [
        *(_open_line("NEW", alarm, now, links) for alarm in _urgent_first(news.opened)),
        *(_open_line("SILENCE OVER, STILL OPEN", alarm, now, links) for alarm in _urgent_first(news.unmuted)),
        *(_open_line("STILL OPEN", alarm, now, links) for alarm in _urgent_first(news.lasting)),
        *(_closed_line(key, told, now) for key, told in sorted(news.closed.items())),
    ]
    more = len(lines) - MOST_LINES
    ends = [f"and {more} more: see `tidegate status`"] if more > 0 else []
    ends += [mute_line(mute) for mute in silenced[:MOST_LINES]]
    ends += [f"Desk: {links.desk}"] if links.desk else []
    return "\n".join(lines[:MOST_LINES] + ends)


def mute_line(mute: Mute) -> str:
    """A silence that a person has laid."""
    return f"SILENCED {mute.pattern} until {mute.until:%Y-%m-%d %H:%M}Z by {mute.by}: {_short(mute.why)}"


def _urgent_first(alarms: tuple[OpenAlarm, ...]) -> list[OpenAlarm]:
    return sorted(alarms, key=lambda alarm: (not alarm.is_urgent, alarm.key))


def _short(text: str) -> str:
    """In one line, and not too long for a telephone."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_LETTERS else f"{line[:_MOST_LETTERS]}..."


def _open_line(how: str, alarm: OpenAlarm, now: datetime, links: Links) -> str:
    lasts = f"since {alarm.since:%Y-%m-%d %H:%M}Z, {_span(now - alarm.since)}"
    return f"{how} [{alarm.urgency}] {alarm.key} ({lasts}): {_short(alarm.text)} -> {links.runbook(alarm.key)}"


def _closed_line(key: str, told: Told, now: datetime) -> str:
    return f"OVER {key} after {_span(now - told.since)}"


def _span(time: timedelta) -> str:
    minutes = time // timedelta(minutes=1)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
