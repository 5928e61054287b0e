"""The one door of every page: session, role, origin and token are looked at here and nowhere else."""

import asyncio
import hmac
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from datetime import timedelta
from urllib.parse import quote, urlsplit

from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.formparsers import FormParser
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from bridge.errors import Misconfigured, Refused, TidegateError, TryLater
from bridge.ledger import sessions
from desk.cookies import SESSION_COOKIE, VISITOR_COOKIE, is_secure
from desk.rendering import Desk
from desk.visits import NotThere, Page, Visit

FORM_FIELD = "form_token"
MAX_FORM_BYTES = 256 * 1024
_FORM_DEADLINE_S = 10.0


class Turned(Exception):
    """A request that is not let in: with which status, and what the person reads."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def endpoint(desk: Desk, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """The page behind its door, as Starlette calls it."""

    async def answer(request: Request) -> Response:
        try:
            form = await _read_form(request) if request.method == "POST" else {}
        except Turned as turned:
            return PlainTextResponse(str(turned), status_code=turned.status, headers={"Connection": "close"})
        return await run_in_threadpool(_answer, desk, page, request, form)

    return answer


def _answer(desk: Desk, page: Page, request: Request, form: Mapping[str, str]) -> Response:
    visit = Visit(request, desk.now(), form=form)
    try:
        visit = _known(desk, page, visit)
        if page.least is not None and visit.role is None:
            return _to_log_in(page, visit)
        _check(desk, page, visit)
        return _with_visitor(desk, visit, page.answer(desk, visit))
    except Turned as turned:
        return desk.trouble(visit, turned.status, str(turned))
    except (OperationalError, InterfaceError):
        return desk.trouble(visit, 503, "The ledger does not answer. Orders are safe in the stream; try again soon.")
    except TidegateError as error:
        return desk.trouble(visit, _status(error), str(error))


def _known(desk: Desk, page: Page, visit: Visit) -> Visit:
    """The visit with its person, if the cookie's session lives and its user is still in the settings."""
    token = visit.request.cookies.get(SESSION_COOKIE, "")
    if not token:
        return _stranger(visit)
    idle = timedelta(seconds=desk.settings.idle_s)
    with desk.database.read() as connection:
        session = sessions.find_session(connection, token, now=visit.now, idle=idle)
    user = desk.settings.users.get(session.name) if session else None
    if session is None or user is None:
        return _stranger(visit)
    if not page.is_part and visit.now - session.used_at >= sessions.TOUCH_EVERY:
        with desk.database.write() as connection:
            sessions.touch_session(connection, token, visit.now)
    return Visit(visit.request, visit.now, session.name, user.role, token, visit.form)


def _stranger(visit: Visit) -> Visit:
    token = visit.request.cookies.get(VISITOR_COOKIE) or secrets.token_urlsafe(32)
    return Visit(visit.request, visit.now, token=token, form=visit.form)


def _with_visitor(desk: Desk, visit: Visit, response: Response) -> Response:
    if visit.role is None and VISITOR_COOKIE not in visit.request.cookies:
        secure = is_secure(desk.settings, visit.request)
        response.set_cookie(VISITOR_COOKIE, visit.token, httponly=True, samesite="lax", secure=secure)
    return response


def _to_log_in(page: Page, visit: Visit) -> Response:
    if page.is_part:
        return PlainTextResponse("log in again", status_code=401)
    place = visit.request.url.path if page.method == "GET" else "/"
    query = f"?{visit.request.url.query}" if visit.request.url.query and page.method == "GET" else ""
    return RedirectResponse(f"/log-in?next={quote(place + query, safe='')}", status_code=303)


def _check(desk: Desk, page: Page, visit: Visit) -> None:
    """Raises `Turned` for a role that is too low, and for a form that is not ours."""
    if page.least is not None and (visit.role is None or not visit.role.may(page.least)):
        raise Turned(403, f"This needs the role {page.least}; yours is {visit.role}.")
    if page.method != "POST":
        return
    if not _is_our_origin(desk, visit.request):
        raise Turned(403, "This form was sent from another site, so nothing was done.")
    if not page.is_look and not hmac.compare_digest(visit.form.get(FORM_FIELD, "").encode(), visit.csrf.encode()):
        raise Turned(403, "This form is out of date, so nothing was done. Go back, load the page anew, and try again.")


def _is_our_origin(desk: Desk, request: Request) -> bool:
    """Browsers name the origin of every form that they send; who names none is none."""
    origin = request.headers.get("origin", "")
    if desk.settings.public_url and origin == _origin_of(desk.settings.public_url):
        return True
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host", "")


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _status(error: TidegateError) -> int:
    if isinstance(error, NotThere):
        return 404
    if isinstance(error, TryLater):
        return 503
    return 400 if isinstance(error, Refused | Misconfigured) else 409


async def _read_form(request: Request) -> Mapping[str, str]:
    """The fields of a form, each as it came first. Raises `Turned` for another type, a large body or a slow one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Turned(415, "send a form (application/x-www-form-urlencoded)")
    try:
        async with asyncio.timeout(_FORM_DEADLINE_S):
            parsed = await FormParser(request.headers, _bounded(request)).parse()
    except TimeoutError:
        raise Turned(408, f"the form did not come within {_FORM_DEADLINE_S:.0f} s") from None
    return {name: value for name, value in reversed(parsed.multi_items()) if isinstance(value, str)}


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_FORM_BYTES:
            raise Turned(413, f"the form is larger than {MAX_FORM_BYTES} bytes")
        yield chunk
