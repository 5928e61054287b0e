"""A Celery app with one task and nothing of ours, for `bench.idle`."""

import os

from celery import Celery

URL = "TIDEGATE_BENCH_BROKER"
app = Celery("bare", broker=os.environ.get(URL, "redis://127.0.0.1:1/0"))
app.conf.task_default_queue = "bare"


@app.task(name="bare.nothing")  # type: ignore[untyped-decorator]
def nothing() -> None:
    """Does nothing."""
