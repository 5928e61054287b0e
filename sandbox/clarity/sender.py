"""Sends webhooks: at least once, in no promised order, with retries (reference clarity.md 2.7)."""

import asyncio
import json
import time
import uuid
from datetime import timedelta

import httpx

from bridge.storefront.clarity.webhook import WebhookSettings, sign
from sandbox.clarity.outbox import Delivery, Treatment
from sandbox.clarity.site import Site

ANSWER_WITHIN_S = 10
AT_ONCE = 16
_STALE = timedelta(hours=1)
_WRONG_SECRET = "whsec_of_somebody_else"


async def send_forever(site: Site) -> None:
    """Sends whatever is due until cancelled; wakes when the site commits an event."""
    busy: set[int] = set()
    async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S, trust_env=False) as client, asyncio.TaskGroup() as group:
        while True:
            for delivery in site.outbox.due(busy, AT_ONCE - len(busy)):
                busy.add(delivery.number)
                group.create_task(_attempt(site, client, delivery, busy))
            await _pause(site)


async def _pause(site: Site) -> None:
    due_at_s = site.outbox.next_due_at_s()
    wait_s = None if due_at_s is None else max(0.0, due_at_s - time.time())
    try:
        async with asyncio.timeout(wait_s):
            await site.woken.wait()
    except TimeoutError:
        return
    site.woken.clear()


async def _attempt(site: Site, client: httpx.AsyncClient, delivery: Delivery, busy: set[int]) -> None:
    delivery_id = str(uuid.uuid4())
    site.outbox.note_attempt(delivery, delivery_id)
    body = _body(delivery)
    headers = {
        "Content-Type": "application/json",
        "X-Clarity-Event": delivery.topic,
        "X-Clarity-Event-Id": delivery.event_id,
        "X-Clarity-Delivery-Id": delivery_id,
        "X-Clarity-Attempt": str(delivery.attempt),
        **_signature(site, delivery, body),
    }
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            status = (await client.post(delivery.subscription.url, content=body, headers=headers)).status_code
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        _note(site, delivery, None, type(error).__name__)
    else:
        _note(site, delivery, status, str(status))
    finally:
        busy.discard(delivery.number)
        site.woken.set()


def _note(site: Site, delivery: Delivery, status: int | None, answer: str) -> None:
    with site.store.transaction():
        if status is not None and 200 <= status < 300:
            site.outbox.note_success(delivery, answer)
        else:
            site.outbox.note_failure(delivery, answer)
        if status == 410:
            site.subscriptions.remove(delivery.subscription.id)


def _body(delivery: Delivery) -> bytes:
    if delivery.treatment is Treatment.GARBAGE:
        return f'{{"id":"{delivery.event_id}","type":"{delivery.topic}",'.encode() + b"\xff\x00 not JSON"
    is_thin = delivery.treatment is Treatment.THIN or delivery.subscription.mode == "thin"
    envelope = {**delivery.envelope, "data": None} if is_thin else delivery.envelope
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def _signature(site: Site, delivery: Delivery, body: bytes) -> dict[str, str]:
    is_bad = delivery.treatment is Treatment.BAD_SIGNATURE
    secrets = (_WRONG_SECRET,) if is_bad else delivery.subscription.secrets
    now = site.now() - (_STALE if delivery.treatment is Treatment.STALE else timedelta())
    return sign(body, settings=WebhookSettings.model_validate({"secrets": secrets}), now=now)
