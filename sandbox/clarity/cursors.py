"""Cursors: a position in a list, signed by the site and good for 24 hours (reference clarity.md 2.6)."""

import base64
import binascii
import hashlib
import hmac
import json

from sandbox.clarity.calls import Problem

LIFE_S = 24 * 3600
_MARK_BYTES = 16


def make(position: tuple[str, str], *, key: str, now_s: float) -> str:
    """The opaque text for a position (updatedAt, id), good from `now_s` (unix seconds) on."""
    content = json.dumps([*position, int(now_s)]).encode()
    return base64.urlsafe_b64encode(_mark(content, key) + content).decode().rstrip("=")


def read(cursor: str, *, key: str, now_s: float) -> tuple[str, str]:
    """The position; raises `Problem` 400 `bad_cursor` when we did not make it, 410 `cursor_expired` when it is old."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError) as error:
        raise Problem(400, "bad_cursor", "the cursor is not one of ours") from error
    mark, content = raw[:_MARK_BYTES], raw[_MARK_BYTES:]
    if not hmac.compare_digest(mark, _mark(content, key)):
        raise Problem(400, "bad_cursor", "the cursor is not one of ours")
    updated_at, resource_id, made_at_s = json.loads(content)
    if now_s - made_at_s > LIFE_S:
        raise expired()
    return updated_at, resource_id


def expired() -> Problem:
    """The refusal of an old cursor: the reader starts its window again."""
    return Problem(410, "cursor_expired", "the cursor is older than 24 h; start the walk again")


def _mark(content: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), content, hashlib.sha256)[:_MARK_BYTES]
