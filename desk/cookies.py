"""The desk's cookies: no script reads them, and no other site's form carries them."""

from starlette.requests import Request

from desk.settings import DeskSettings

SESSION_COOKIE = "tidegate_session"
VISITOR_COOKIE = "tidegate_visitor"
"""Ties the log-in form to the browser that fetched it, before there is a session."""
NOTICE_COOKIE = "tidegate_notice"


def is_secure(settings: DeskSettings, request: Request) -> bool:
    """Whether the person's browser speaks https with us or with the proxy in front."""
    return request.url.scheme == "https" or (settings.public_url or "").startswith("https://")
