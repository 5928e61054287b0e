"""Sends what is due to a storefront, a batch at a time, and settles what its answers mean for the next one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from bridge.errors import LostRace
from bridge.ledger import flight, windows
from bridge.ledger.claims import Batch, claim
from bridge.ledger.outcomes import Rules, Writer, commit_findings, commit_results
from bridge.ledger.reading import put_off
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.clock import Clock
from bridge.ports.erp import Finding, ResultLine, Verdict
from bridge.ports.observer import NO_OBSERVER, Observer
from bridge.writing.waiting import has_work

TURN = timedelta(seconds=5)
"""How long one turn of sending goes on to another batch.

A catalogue that is shown for the first time takes a site's rate limit for hours: between the turns what matters more
goes out, and other sites have theirs.
"""
WAIT_S = 5.0
"""How long sending rests after the site could not be reached and named no time itself."""
DOUBT_S = 300.0
"""How long what is in doubt rests before it is repeated, so that a short outage does not use up its attempts."""

_DOUBTS_AT_ONCE = 500

_WAITS = frozenset({Outcome.THROTTLED, Outcome.UNAVAILABLE})


@dataclass(frozen=True)
class Sent:
    """One line per record, and the seconds to rest when the site asked for it, cannot be reached or did not answer."""

    lines: Sequence[ResultLine]
    after_s: float | None = None


@dataclass(frozen=True)
class Sender:
    """Sends one lane of a storefront. `site_lane` is halted when the log-on is refused, and nothing is sent then.

    `begin` commits WRITING for a batch before `send` sends it; both say which records they speak of. A send is safe to
    repeat under its idempotency key, and that is the proof by which what is in doubt is decided.
    """

    database: Database
    clock: Clock
    owner: str
    lane: str
    site_lane: str
    size: int
    begin: Callable[[Batch], Sequence[Record]]
    send: Callable[[Sequence[Record]], Sent]
    lease_s: float = 300
    observer: Observer = NO_OBSERVER

    def run(self, until: datetime) -> int:
        """Sends what is due, batch after batch, and begins none from `until` on; how many records the site took.

        What is left over is due still, and is sent in the next turn.
        """
        if not self._has_work():
            return 0
        self._repeat_doubtful()
        taken = 0
        while self.clock.now() < until:
            batch = claim(
                self.database, self.lane, fence=None, window_id=None, owner=self.owner, limit=self.size,
                now=self.clock.now(), lease_s=self.lease_s,
            )  # fmt: skip
            if batch is None:
                break
            began_s = monotonic()
            sent = self.send(self.begin(batch))
            self._settle(batch, sent)
            self.observer.batch(self.lane, batch.document, monotonic() - began_s)
            self.observer.outcomes(self.lane, batch.document, [line.outcome.value for line in sent.lines])
            taken += sum(line.outcome in {Outcome.CONFIRMED, Outcome.CONFIRMED_FLAGGED} for line in sent.lines)
            if sent.after_s is not None:
                break
        return taken

    def _has_work(self) -> bool:
        """Whether there is anything to send, and may be; looking costs no write."""
        with self.database.read() as connection:
            standing = windows.lane_row(connection, self.site_lane)
            is_halted = standing is not None and standing.halted
            return not is_halted and has_work(connection, self.lane, self.clock.now())

    def _settle(self, batch: Batch, sent: Sent) -> None:
        lines, now = sent.lines, self.clock.now()
        commit_results(self.database, self._writer, lines, Rules(), now=now)
        with self.database.write() as connection:
            flight.end_batch(connection, batch.id, "sent" if sent.after_s is None else "throttled", now)
            if sent.after_s is not None:
                waiting = [line.record_id for line in lines if line.outcome in _WAITS]
                put_off(connection, waiting, now=now, after_s=sent.after_s)
            doubtful = [line.record_id for line in lines if line.outcome is Outcome.UNCERTAIN]
            put_off(connection, doubtful, now=now, after_s=DOUBT_S)
            refused = next((line for line in lines if line.outcome is Outcome.UNAUTHORISED), None)
            if refused:
                windows.halt(connection, self.site_lane, reason=refused.text or "log-on refused", now=now)

    def _repeat_doubtful(self) -> None:
        """What has just failed rests first, see `DOUBT_S`."""
        now = self.clock.now()
        in_doubt = flight.in_doubt(self.database, self.lane, _DOUBTS_AT_ONCE)
        doubtful = [record for record in in_doubt if record.due_at <= now]
        if not doubtful:
            return
        text = "safe to repeat under the same idempotency key"
        findings = [Finding(record.id, Verdict.ABSENT, record.number or "", text=text) for record in doubtful]
        try:
            commit_findings(self.database, self._writer, findings, Rules(), now=now)
        except LostRace:
            return  # another worker has just decided them

    @property
    def _writer(self) -> Writer:
        return Writer(self.owner, self.lane, None)
