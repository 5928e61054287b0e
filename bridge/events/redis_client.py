"""Redis clients that never repeat a command by themselves, and the one place where Redis's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from bridge.errors import Uncertain, Unreachable


def open_client(url: str, *, timeout_s: float = 5.0) -> redis.Redis:
    """A client for threads; connects at its first call. `timeout_s` bounds the connecting and each reply.

    redis-py 8 repeats a command up to ten times unless told otherwise (reference celery-redis.md, fact 11); an XADD
    repeated in secret would hide an outage and outlive the door's deadline.
    """
    return redis.Redis.from_url(
        url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=Retry(NoBackoff(), 0)
    )


def open_async_client(url: str, *, timeout_s: float = 5.0) -> redis.asyncio.Redis:
    """As `open_client`, for asyncio."""
    return redis.asyncio.Redis.from_url(
        url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=AsyncRetry(NoBackoff(), 0)
    )


@contextmanager
def harmless() -> Iterator[None]:
    """Round connecting, reading, and calls of which a repeat changes nothing: failures become `Unreachable`."""
    try:
        yield
    except (NoConnection, NoAnswer) as error:
        raise Unreachable(f"the event broker does not answer: {error}") from error


@contextmanager
def effective() -> Iterator[None]:
    """Round a command that may have taken effect though its reply is missing: `Uncertain`.

    What the broker answered with an error (out of memory, read-only, disk full) it has not stored: `Unreachable`.
    """
    try:
        yield
    except (NoConnection, NoAnswer) as error:
        raise Uncertain(f"the event broker went away before its reply: {error}") from error
    except ResponseError as error:
        raise Unreachable(f"the event broker refused, and stored nothing: {error}") from error
