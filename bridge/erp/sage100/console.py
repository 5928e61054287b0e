"""Sage's own list of live sessions, SY_Console (reference sage100.md 2.12), read by a road that takes no seat: ODBC.

The list is per workstation and user, so it proves how many of our sessions Sage counts, not which of them.
"""

import importlib
from collections.abc import Callable, Sequence

from bridge.erp.sage100.named import load_named
from bridge.errors import Misconfigured
from bridge.ports.seats import ListedSession

Reader = Callable[[str], Sequence[ListedSession]]
"""Reads the whole list; its argument is the setting `console_source`. Raises whatever its road raises."""

_QUERY = "SELECT c.WorkstationName, u.UserLogon, c.CompanyCode FROM SY_Console c, SY_User u WHERE c.UserKey = u.UserKey"


def load_reader(name: str) -> Reader:
    """`odbc`, or `module:function`; raises `Misconfigured` with the way out."""
    if name == "odbc":
        return read_by_odbc
    reader: Reader = load_named("console_reader", name, instead="odbc")
    return reader


def read_by_odbc(connection_string: str) -> list[ListedSession]:
    """By Sage's own read-only ODBC driver, such as `DSN=SOTAMAS90;UID=WEB;PWD=...;Company=ABC` (reference 1.3).

    Needs Windows and pyodbc. Not yet run against a real Sage 100.
    """
    try:
        odbc = importlib.import_module("pyodbc")
    except ImportError as missing:
        raise Misconfigured("console_reader odbc needs Windows and pyodbc; leave console_reader out") from missing
    with odbc.connect(connection_string, autocommit=True, timeout=10) as connection:
        rows = connection.execute(_QUERY).fetchall()
    return [ListedSession(*(str(value or "").strip() for value in row)) for row in rows]
