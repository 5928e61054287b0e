"""Logging in and out."""

import secrets
from datetime import timedelta

from starlette.responses import RedirectResponse, Response

from bridge.errors import Throttled
from bridge.ledger import sessions
from bridge.ledger.audit import Deed, note
from desk.cookies import SESSION_COOKIE, is_secure
from desk.rendering import Desk
from desk.settings import DeskUser, Role
from desk.visits import Page, Visit

_LOGGED_IN = "logged in"


def show(desk: Desk, visit: Visit) -> Response:
    """The form; who is logged in already goes on."""
    if visit.role is not None:
        return RedirectResponse(_place(visit.query("next")), status_code=303)
    return _form(desk, visit, visit.query("next"))


def log_in(desk: Desk, visit: Visit) -> Response:
    """Opens a session, and ends the one that the browser had. A wrong name and a wrong password read the same."""
    name, wanted = visit.form.get("name", "").strip(), visit.form.get("next", "")
    try:
        user = desk.door.admit(name, visit.form.get("password", ""), visit.address)
    except Throttled as slow:
        response = _form(desk, visit, wanted, f"Too many tries. Wait {slow.after_s or 1:.0f} s, then try again.", 429)
        response.headers["Retry-After"] = f"{slow.after_s or 1:.0f}"
        return response
    if user is None:
        _note_refusal(desk, visit, name)
        return _form(desk, visit, wanted, "Name or password is wrong.", 401)
    return _opened(desk, visit, name, user)


def log_out(desk: Desk, visit: Visit) -> Response:
    """Ends the session at once."""
    with desk.database.write() as connection:
        sessions.end_session(connection, visit.token)
        note(connection, Deed(visit.name, str(visit.role), "log out", visit.name, "logged out"), visit.now)
    response = desk.done("/log-in", "You are logged out.")
    response.delete_cookie(SESSION_COOKIE)
    return response


def _opened(desk: Desk, visit: Visit, name: str, user: DeskUser) -> Response:
    token = secrets.token_urlsafe(32)
    ends_at = visit.now + timedelta(seconds=desk.settings.session_s)
    with desk.database.write() as connection:
        sessions.end_session(connection, visit.request.cookies.get(SESSION_COOKIE, ""))
        sessions.open_session(connection, token, name, now=visit.now, ends_at=ends_at)
        deed = Deed(name, user.role.value, "log in", name, _LOGGED_IN, {"from": visit.address})
        note(connection, deed, visit.now)
    response = RedirectResponse(_place(visit.form.get("next", "")), status_code=303)
    response.set_cookie(
        SESSION_COOKIE, token, max_age=desk.settings.session_s, httponly=True, samesite="lax",
        secure=is_secure(desk.settings, visit.request),
    )  # fmt: skip
    return response


def _note_refusal(desk: Desk, visit: Visit, name: str) -> None:
    """Only of a known name: what strangers type there may be a password."""
    user = desk.settings.users.get(name)
    if user is None:
        return
    with desk.database.write() as connection:
        deed = Deed(name, user.role.value, "log in refused", name, "wrong password", {"from": visit.address})
        note(connection, deed, visit.now)


def _form(desk: Desk, visit: Visit, wanted: str, trouble: str = "", status: int = 200) -> Response:
    return desk.page(visit, "log_in.html", status, title="Log in", next=_place(wanted), trouble=trouble)


def _place(wanted: str) -> str:
    """A place of our own to go on to; a foreign one is not followed."""
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_ours and "\\" not in wanted else "/"


routes = (
    Page("GET", "/log-in", None, show),
    Page("POST", "/log-in", None, log_in),
    Page("POST", "/log-out", Role.VIEW, log_out),
)
