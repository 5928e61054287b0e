"""The subscription calls (reference clarity.md 2.7)."""

from sandbox.clarity.calls import Call, Reply, invalid
from sandbox.clarity.edits import require_only, require_text
from sandbox.clarity.site import Site
from sandbox.clarity.subscriptions import new_secret
from sandbox.clarity.times import to_text


def subscribe(site: Site, call: Call) -> Reply:
    """A new subscription. Its secret is shown in this answer and never again."""
    require_only(call.body, ("url", "topics", "secret", "mode"))
    url = require_text(call.body, "url", 2000)
    if not url.startswith(("http://", "https://")):
        raise invalid("url", "malformed", f"{url!r} does not start with https://")
    topics = call.body.get("topics")
    if not isinstance(topics, list) or not topics or not all(isinstance(mask, str) for mask in topics):
        raise invalid("topics", "required", 'give a list of topics, such as ["order.*"]')
    mode = call.body.get("mode", "full")
    if mode not in {"full", "thin"}:
        raise invalid("mode", "unknown_value", f"{mode!r} is neither full nor thin")
    secret = require_text(call.body, "secret") if "secret" in call.body else new_secret()
    subscription = site.subscriptions.add(url, topics, mode=mode, secret=secret, at=to_text(site.now()))
    return Reply({**subscription.render(), "secret": secret}, 201)


def get_subscription(site: Site, call: Call) -> Reply:
    """One subscription, without its secret."""
    return Reply(site.subscriptions.get(call.args["id"]).render())


def unsubscribe(site: Site, call: Call) -> Reply:
    """Ends a subscription."""
    site.subscriptions.remove(site.subscriptions.get(call.args["id"]).id)
    return Reply(None, 204)


def rotate_secret(site: Site, call: Call) -> Reply:
    """A new secret; for 24 h webhooks carry a signature by each."""
    subscription = site.subscriptions.get(call.args["id"])
    secret = site.subscriptions.rotate(subscription.id)
    return Reply({**subscription.render(), "secret": secret})


def redeliver(site: Site, call: Call) -> Reply:
    """Sends one delivery again."""
    site.outbox.redeliver(call.args["id"])
    site.woken.set()
    return Reply({"id": call.args["id"], "state": "pending"}, 202)
