"""What Sage's read-only ODBC driver shows of the simulated installation: rows of the last committed state, no seat."""

from pathlib import Path

from bridge.ports.seats import ListedSession
from sandbox.sage100.console import Console
from sandbox.sage100.store import SYSTEM, Store


def read_console(store: str) -> list[ListedSession]:
    """SY_Console with the log-on of each row's user; `store` is the installation's file."""
    opened = Store(Path(store))
    try:
        Console(opened).reap()
        log_ons = {row["UserKey"]: str(row["UserCode"]) for row in opened.rows(SYSTEM, "SY_User")}
        rows = opened.execute("SELECT workstation, user_key, company FROM console")
        return [ListedSession(row["workstation"], log_ons.get(row["user_key"], ""), row["company"]) for row in rows]
    finally:
        opened.close()
