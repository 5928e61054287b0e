"""Every metric of ours, each with a sentence. docs/generated/metrics.md is made of it; nothing else names a metric."""

from dataclasses import dataclass
from typing import Literal

_CALLS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_TASKS_S = (0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 120.0, 600.0, 1800.0)
_WINDOWS_S = (1.0, 5.0, 15.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0)
_BATCHES_S = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_LAGS_S = (0.25, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 43_200.0)
_SEATS_S = (1.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0)


@dataclass(frozen=True)
class Metric:
    """One metric: units stand in its name. `by` are its labels, `buckets` the upper bounds of a histogram's."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    by: tuple[str, ...]
    does: str
    buckets: tuple[float, ...] = ()


# What each program counts itself.
DOOR_REQUESTS = Metric(
    "tidegate_door_requests_total", "counter", ("answer",),
    "Requests at the webhook door by what was answered: accepted, or why not.",
)  # fmt: skip
ARRIVALS = Metric(
    "tidegate_arrivals_total", "counter", ("result",),
    "Events that intake took from the stream: taken into the ledger, or unreadable and now a dead letter.",
)  # fmt: skip
ARRIVAL_LAG = Metric(
    "tidegate_arrival_lag_seconds", "histogram", (),
    "From the door to the ledger: the age of the oldest event of each batch when intake had committed it.", _LAGS_S,
)  # fmt: skip
OUTCOMES = Metric(
    "tidegate_outcomes_total", "counter", ("lane", "document", "outcome"),
    "What each write and each sending of a record came to, by the classes of the table of outcomes.",
)  # fmt: skip
WINDOW = Metric(
    "tidegate_window_seconds", "histogram", ("lane", "ended_by"),
    "How long a writer worked in a window, log-on included, and how the window ended.", _WINDOWS_S,
)  # fmt: skip
BATCH = Metric(
    "tidegate_batch_seconds", "histogram", ("lane", "document"),
    "How long a batch took from its claim to its last outcome; one that an error ended is not counted.", _BATCHES_S,
)  # fmt: skip
STOREFRONT_CALL = Metric(
    "tidegate_storefront_call_seconds", "histogram", ("connection", "call", "came_to"),
    "HTTP requests to a storefront, the wait for its rate limit not included; came_to is the class of the status, "
    "429, or no answer.", _CALLS_S,
)  # fmt: skip
ERP_CALL = Metric(
    "tidegate_erp_call_seconds", "histogram", ("system", "call", "came_to"),
    "HTTP requests to a Sage agent, a batch until its last line; came_to is ok or the name of the error.", _CALLS_S,
)  # fmt: skip
SEAT_REFUSED = Metric(
    "tidegate_seat_refusals_total", "counter", ("system", "purpose"),
    "How often nobody could lend a seat, because the budget was spent; the asker comes again by itself.",
)  # fmt: skip
SEAT_WAIT = Metric(
    "tidegate_seat_wait_seconds", "histogram", ("system", "purpose"),
    "From the first refusal of a seat to the asker's lane until it got one; 0 when it got one at once.", _SEATS_S,
)  # fmt: skip
SEAT_USE = Metric(
    "tidegate_seat_use_seconds", "histogram", ("system", "purpose"),
    "How long a seat was kept before it was given back.", _SEATS_S,
)  # fmt: skip
TASK = Metric(
    "tidegate_task_seconds", "histogram", ("task", "result"),
    "How long Celery tasks ran; result is success, or failure with its traceback in the log.", _TASKS_S,
)  # fmt: skip
MESSAGES_SENT = Metric(
    "tidegate_messages_sent_total", "counter", ("task",),
    "Celery messages that this program sent: beat's ticks, and nudges from one task to another.",
)  # fmt: skip
AGENT_REQUESTS = Metric(
    "tidegate_agent_requests_total", "counter", ("status",),
    "Requests that a Sage agent answered, by HTTP status.",
)  # fmt: skip
BUILD = Metric(
    "tidegate_build_info", "gauge", ("version", "role", "number"),
    "1 for each program that runs, with its release, its role and which one of that role it is.",
)  # fmt: skip

# What `tidegate metrics` reads from the ledger and the broker when it is asked.
SOURCE_UP = Metric(
    "tidegate_source_up", "gauge", ("source",),
    "1 when the ledger, or the broker, answered; while it is 0 the figures from there are left out.",
)  # fmt: skip
RECORDS = Metric(
    "tidegate_records", "gauge", ("lane", "document", "state"),
    "Records that are not at their end yet; of states without a record there is no figure.",
)  # fmt: skip
RECORD_AGE = Metric(
    "tidegate_record_oldest_age_seconds", "gauge", ("lane", "document", "state"),
    "Since the oldest of the records in a state came into the ledger; of what is shown, since its newest value.",
)  # fmt: skip
SILENCE = Metric(
    "tidegate_lane_silence_seconds", "gauge", ("lane",),
    "How long orders have waited without one confirmation in their lane; 0 when none waits.",
)  # fmt: skip
SILENT_WINDOWS = Metric(
    "tidegate_lane_silent_windows", "gauge", ("lane",),
    "Windows of the calendar that came and went in that time, up to 100; the alarm of silence counts them too.",
)  # fmt: skip
HALTED = Metric(
    "tidegate_lane_halted", "gauge", ("lane",),
    "1 while nothing is written, read or told in a lane until a person resumes it.",
)  # fmt: skip
WINDOWS_MISSED = Metric(
    "tidegate_windows_missed", "gauge", ("lane",),
    "Windows of the last 24 hours that no writer opened though something waited.",
)  # fmt: skip
LETTERS = Metric(
    "tidegate_dead_letters", "gauge", ("entity",),
    "Open dead letters in the ledger.",
)  # fmt: skip
ALARMS = Metric(
    "tidegate_alarms", "gauge", ("urgency",),
    "Open alarms.",
)  # fmt: skip
QUEUE_SILENCE = Metric(
    "tidegate_queue_silence_seconds", "gauge", ("queue",),
    "Since a worker last finished a task of a queue; a canary comes to each once a minute.",
)  # fmt: skip
QUEUE = Metric(
    "tidegate_queue_messages", "gauge", ("queue",),
    "Messages that wait in a queue of Celery's, dead-letter queues included.",
)  # fmt: skip
STREAM = Metric(
    "tidegate_stream_events", "gauge", (),
    "Events in the stream at the door, those included that intake has in hand.",
)  # fmt: skip
STREAM_AGE = Metric(
    "tidegate_stream_oldest_age_seconds", "gauge", (),
    "Since the oldest event in the stream came, by the broker's clock; 0 when there is none.",
)  # fmt: skip
SEATS = Metric(
    "tidegate_seats", "gauge", ("system",),
    "Seats of the budget: the licensed sessions that are ours.",
)  # fmt: skip
SEATS_HELD = Metric(
    "tidegate_seats_held", "gauge", ("system", "purpose"),
    "Seats that are leased now.",
)  # fmt: skip
SEATS_UNPROVEN = Metric(
    "tidegate_seats_unproven", "gauge", ("system",),
    "Sessions that nobody has proven to be gone; each counts against the budget.",
)  # fmt: skip

DECLARED: tuple[Metric, ...] = tuple(each for each in list(globals().values()) if isinstance(each, Metric))
