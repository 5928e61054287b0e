"""The storefront is down, limits us, forgets our token, or tells of its orders in every wrong way."""

import json
from uuid import uuid4

import httpx

from bridge.errors import TidegateError
from workers.drills.faults.catalogue import HIT_WITHIN_S, Scene, fault

_ORDERS = 4


class Accepted(TidegateError):
    """The receiver took what it must refuse."""


@fault("clarity-down", "the storefront answers nothing for seconds, then dies and comes back")
def clarity_down(scene: Scene) -> None:
    site = f"site.{scene.shop.site}"
    with scene.ground.services.frozen(site):
        scene.wait(1, 3)
    scene.ground.services.kill(site)
    scene.ground.until(lambda: scene.ground.stage.is_open(scene.shop), "the site answers again")


@fault("rate-limited", "429 with Retry-After in seconds and as a date, in turn")
def rate_limited(scene: Scene) -> None:
    ground = scene.ground
    ground.switch_on("rate_limited", scene.shop, value=1)
    try:
        ground.until(lambda: ground.struck("rate_limited", scene.shop) >= 2, "429 in both forms", HIT_WITHIN_S)
    finally:
        ground.switch_off("rate_limited", scene.shop)


@fault("token-expired", "every token that the storefront gave out is of no use any more")
def token_expired(scene: Scene) -> None:
    scene.ground.stage.control(scene.shop, "POST", "/tokens/expire", {})


def _place(scene: Scene, webhook: str) -> None:
    scene.ground.place(_ORDERS, scene.shop, webhook=webhook, delayS=scene.rng.uniform(0.2, 3))


@fault("webhook-twice", "each webhook comes twice")
def webhook_twice(scene: Scene) -> None:
    _place(scene, "duplicate")


@fault("webhook-reordered", "webhooks come late, and an edit's before the order's own")
def webhook_reordered(scene: Scene) -> None:
    for order_id in scene.ground.place(_ORDERS, scene.shop, webhook="late", delayS=3):
        changes = {"comments": "please ring twice"}
        scene.ground.stage.control(scene.shop, "POST", f"/orders/{order_id}/edit", {"changes": changes})


@fault("webhook-thin", "webhooks come without their document")
def webhook_thin(scene: Scene) -> None:
    _place(scene, "thin")


@fault("webhook-missed", "webhooks never come")
def webhook_missed(scene: Scene) -> None:
    _place(scene, "never")


@fault("webhook-forged", "webhooks are signed with a wrong secret; a stranger sends an order that no site has")
def webhook_forged(scene: Scene) -> None:
    _place(scene, "bad_signature")
    plan = scene.ground.stage.plan
    order = {**scene.ground.make(1, scene.shop)[0], "id": f"forged_{uuid4().hex}"}
    body = json.dumps({"id": uuid4().hex, "type": "order.created", "data": order})
    url = f"http://127.0.0.1:{plan.receiver_port}/webhooks/{scene.shop.connection}"
    answer = httpx.post(url, content=body, headers={"X-Clarity-Signature": "t=1,v1=00"}, timeout=10, trust_env=False)
    if answer.is_success:
        raise Accepted(f"the receiver answered {answer.status_code} to a forged webhook")
