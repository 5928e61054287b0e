"""The demo as a stranger runs it: real processes, an exit status, and books that this test reads for itself."""

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

from sandbox.sage100.admin import SageAdmin

ORDERS = 100


def test_a_morning_of_trade_ends_with_every_order_in_one_place(tmp_path: Path) -> None:
    folder = tmp_path / "stage"
    command = [
        sys.executable,
        "-m",
        "workers.cli",
        "demo",
        "--orders",
        str(ORDERS),
        "--span",
        "12",
        "--keep",
        str(folder),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=480, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    placed = [body for site in ("main", "west") for body in orders_of(folder / f"site-{site}.db")]
    admin = SageAdmin(folder / "sage100.db")
    in_sage = Counter(
        str(order["header"]["Comment"]).removeprefix("Web order ")
        for company in ("ABC", "XYZ")
        for order in admin.orders(company)
    )
    hits = [hit["point"] for hit in admin.fault_hits()]
    sessions = admin.console()
    admin.close()
    assert len(placed) == ORDERS
    assert set(in_sage.values()) == {1}
    assert set(in_sage) <= set(placed)
    assert len(in_sage) == ORDERS - 12, "a dozen orders are bad, each in its own way"
    assert hits == ["after_header_write"], "the lost answer was really lost"
    assert sessions == [], "every seat is back"
    assert "tidegate trace" in ran.stdout


def orders_of(site: Path) -> list[str]:
    """The numbers of the orders that a site holds, read from its own file."""
    with sqlite3.connect(site) as database:
        rows = database.execute("SELECT body FROM resource WHERE kind = 'order'").fetchall()
    database.close()
    return [str(json.loads(row[0])["orderNumber"]) for row in rows]
