"""The audit trail, for administrators."""

import json

from starlette.responses import Response

from bridge.ledger.audit import PAGE_ROWS, trail
from desk.rendering import Desk
from desk.settings import Role
from desk.visits import Page, Visit


def show(desk: Desk, visit: Visit) -> Response:
    """Who did what, the latest first, a page at a time."""
    before, subject = visit.query("before"), visit.query("subject")
    before_id = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    rows = trail(desk.database, before_id=before_id, subject=subject or None)
    lines = [{**row._mapping, "changes": json.loads(row.changes)} for row in rows]
    older = rows[-1].id if len(rows) == PAGE_ROWS else None
    return desk.page(visit, "trail.html", title="Audit trail", lines=lines, older=older, subject=subject)


routes = (Page("GET", "/trail", Role.ADMINISTER, show),)
