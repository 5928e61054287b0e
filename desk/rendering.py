"""Makes pages of templates, and what all pages share: the desk with its ports, notices, troubles."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bridge import words
from bridge.ledger.store import Database
from desk.cookies import NOTICE_COOKIE
from desk.lookout import Lookout
from desk.passwords import Door
from desk.ports import Ports
from desk.settings import DeskSettings
from desk.visits import Visit

_HERE = Path(__file__).parent
_NOTICE_CHARS = 500
_NOTICE_S = 60


class Desk:
    """What every page works with: the ports, the door, and the templates. Safe to share between threads."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.door = Door(ports.settings)
        self.lookout = Lookout()
        self._templates = _environment()

    @property
    def settings(self) -> DeskSettings:
        """The desk's settings."""
        return self.ports.settings

    @property
    def database(self) -> Database:
        """The ledger."""
        return self.ports.fleet.database

    def now(self) -> datetime:
        """The present moment in UTC."""
        return self.ports.fleet.clock.now()

    def page(self, visit: Visit, template: str, status: int = 200, **facts: Any) -> Response:
        """A page made of a template; a notice that an action left is shown once."""
        notice = unquote(visit.request.cookies.get(NOTICE_COOKIE, ""))
        made = self._templates.get_template(template).render(visit=visit, now=visit.now, notice=notice, **facts)
        response = HTMLResponse(made, status_code=status)
        if notice:
            response.delete_cookie(NOTICE_COOKIE)
        return response

    def part(self, visit: Visit, template: str, **facts: Any) -> Response:
        """A part of a page, without its frame."""
        made = self._templates.get_template(template).render(visit=visit, now=visit.now, **facts)
        return HTMLResponse(made)

    def done(self, place: str, text: str) -> Response:
        """Sends the browser on after an action; the next page says what was done."""
        response = RedirectResponse(place, status_code=303)
        notice = quote(text[:_NOTICE_CHARS])
        response.set_cookie(NOTICE_COOKIE, notice, max_age=_NOTICE_S, httponly=True, samesite="lax")
        return response

    def trouble(self, visit: Visit, status: int, text: str) -> Response:
        """A page that says what is wrong."""
        return self.page(visit, "trouble.html", status, title="That did not work", text=text)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        moment=lambda at: words.moment(at) if at else "-",
        money=words.money,
        span=lambda seconds: "-" if seconds is None else words.span(seconds),
        age=lambda since, now: words.age(since, now) if since else "-",
        dash=lambda value: "-" if value in (None, "") else value,
        plain=_plain,
    )
    return environment


def _plain(value: Any) -> str:
    """A value of any kind as people read it."""
    if isinstance(value, datetime):
        return words.moment(value)
    return "-" if value in (None, "") else str(value)
