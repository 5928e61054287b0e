"""A Celery app with one task and nothing of ours, for the workers that `bench.idle` starts beside ours."""

from celery import Celery

app = Celery("bare")
app.conf.task_default_queue = "bare"


@app.task(name="bare.nothing")  # type: ignore[untyped-decorator]
def nothing() -> None:
    """Does nothing."""
