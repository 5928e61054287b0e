"""Flower behind the desk's door: administrators see workers, tasks and queues there, without a second log-in.

Flower's own pages fetch what they show (Flower 2.2.0, `static/js/flower.js`). All of it comes through here, by GET
only, so nothing but looking can be asked of it. The desk's cookies do not reach Flower, nor its cookies the browser.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote, urlencode

import httpx
from starlette.responses import Response

from bridge.errors import Refused, Unauthorised, Unreachable
from desk.rendering import Desk
from desk.settings import Role
from desk.visits import NotThere, Page, Visit

PLACE = "/flower/"
"""Flower's `url_prefix` is the same, so that its links lead here."""

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""Its largest file has 0.5 MB, the longest table of tasks some 0.1 MB."""

_ASKED = ("accept", "if-none-match", "if-modified-since")
_ANSWERED = ("content-type", "etag", "last-modified", "cache-control")
_INLINE = b"\nvar autorefresh = 1;\n"
"""The one script that stands in a page of Flower's (`templates/workers.html`, which Tornado sends without indents)."""

_POLICY = (
    "default-src 'none'; "
    f"script-src 'self' 'sha256-{b64encode(sha256(_INLINE).digest()).decode()}'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def show(desk: Desk, visit: Visit) -> Response:
    """A page or a file of Flower's. Raises `NotThere`, `Unreachable`, `Unauthorised` or `Refused`."""
    return _relay(desk, visit, visit.request.url.query)


def tasks(desk: Desk, visit: Visit) -> Response:
    """Flower's table of tasks asks by POST, as its question is long; Flower answers the same to GET."""
    return _relay(desk, visit, urlencode(visit.form))


def _relay(desk: Desk, visit: Visit, query: str) -> Response:
    flower = desk.ports.flower
    if flower is None:
        raise NotThere("flower: the settings have no [flower]; add one with password and cookie_secret")
    place = quote(visit.request.url.path, safe="/%") + (f"?{query}" if query else "")
    asked = {name: visit.request.headers[name] for name in _ASKED if name in visit.request.headers}
    try:
        with flower.stream("GET", place, headers=asked) as answer:
            return _passed_back(answer)
    except httpx.HTTPError as error:
        raise Unreachable(f"Flower does not answer ({type(error).__name__}); is `tidegate flower` up?") from None


def _passed_back(answer: httpx.Response) -> Response:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise Unauthorised("Flower refuses the desk's log-in; give both the same [flower] user and password")
    headers = {name: answer.headers[name] for name in _ANSWERED if name in answer.headers}
    body = bytearray()
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise Refused(f"Flower's answer is larger than {MAX_ANSWER_BYTES} bytes; ask for less of it")
    return _answer(answer.status_code, bytes(body), headers)


def _answer(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    return Response(body, status_code=status, headers={**headers, "content-security-policy": _POLICY})


routes = (
    Page("GET", PLACE, Role.ADMINISTER, show),
    Page("GET", f"{PLACE}{{path:path}}", Role.ADMINISTER, show, is_part=True),
    Page("POST", f"{PLACE}tasks/datatable", Role.ADMINISTER, tasks, is_part=True, is_look=True),
)
