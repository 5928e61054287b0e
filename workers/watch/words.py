"""What people read in a message: each alarm in a line, with the page that says what to do."""

from datetime import datetime, timedelta

from bridge.alarms.telling import News, OpenAlarm, Told

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


def title(news: News) -> str:
    """The message in a line."""
    parts = [
        f"{count} {what}"
        for count, what in (
            (len(news.opened), "new alarms" if len(news.opened) > 1 else "new alarm"),
            (len(news.lasting), "still open"),
            (len(news.closed), "over"),
        )
        if count
    ]
    return f"Tidegate: {', '.join(parts)}"


def body(news: News, now: datetime) -> str:
    """The alarms, what is urgent first; of very many the first, and how many more there are."""
    lines = [
        *(_open_line("NEW", alarm, now) for alarm in _urgent_first(news.opened)),
        *(_open_line("STILL OPEN", alarm, now) for alarm in _urgent_first(news.lasting)),
        *(_closed_line(key, told, now) for key, told in sorted(news.closed.items())),
    ]
    more = len(lines) - MOST_LINES
    return "\n".join(lines[:MOST_LINES] + ([f"and {more} more: see `tidegate status`"] if more > 0 else []))


def _urgent_first(alarms: tuple[OpenAlarm, ...]) -> list[OpenAlarm]:
    return sorted(alarms, key=lambda alarm: (not alarm.is_urgent, alarm.key))


def _open_line(how: str, alarm: OpenAlarm, now: datetime) -> str:
    text = " ".join(alarm.text.split())
    short = text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}..."
    lasts = f"since {alarm.since:%Y-%m-%d %H:%M}Z, {_span(now - alarm.since)}"
    return f"{how} [{alarm.urgency}] {alarm.key} ({lasts}): {short} -> {runbook(alarm.key)}"


def _closed_line(key: str, told: Told, now: datetime) -> str:
    return f"OVER {key} after {_span(now - told.since)}"


def _span(time: timedelta) -> str:
    minutes = time // timedelta(minutes=1)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
