"""The tester's and administrator's hand on a simulated installation: make it, fill it, break it, read what is in it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

from sandbox.sage100.console import Console, Seat
from sandbox.sage100.faults import ACTIONS, POINTS, Action, Point
from sandbox.sage100.layouts import Row
from sandbox.sage100.office import Office
from sandbox.sage100.options import Options, Version
from sandbox.sage100.store import SYSTEM, Store

Values = Mapping[str, object]
"""One row by Sage's column names, with or without `$`; numbers as Decimal, int or text."""


_ORDER_PLACES = (
    ("open", "SO_SalesOrderHeader", "SO_SalesOrderDetail", ("SalesOrderNo",)),
    ("history", "SO_SalesOrderHistoryHeader", "SO_SalesOrderHistoryDetail", ("SalesOrderNo",)),
    ("invoice history", "AR_InvoiceHistoryHeader", "AR_InvoiceHistoryDetail", ("InvoiceNo", "HeaderSeqNo")),
)
"""Where an order can be: the name of the place, its tables, and what ties their rows together."""


class AuditedOrder(TypedDict):
    """One order as an auditor sees it: where it is by now, its header and its lines."""

    place: str
    header: Row
    lines: list[Row]


class SageAdmin:
    """One installation. Any number may be open on the same file, in any process; each belongs to one thread."""

    def __init__(self, path: Path) -> None:
        """Opens an installation. Raises FileNotFoundError where there is none."""
        self.path = path
        self._store = Store(path)

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        companies: Iterable[str] = ("ABC",),
        seats: int = 5,
        version: Version = "2023",
        user: str = "WEB",
        password: str = "web",  # noqa: S107 - of a simulator
        **options: Any,
    ) -> "SageAdmin":
        """Makes an installation with empty companies and one user of all rights. Raises FileExistsError."""
        Store.create(path, Options(seats=seats, version=version, **options)).close()
        admin = cls(path)
        for code in companies:
            row = {"CompanyCode": code, "CompanyName": f"Company {code}", "AllowExternalAccess": "Y"}
            admin.add_rows(SYSTEM, "SY_Company", [row])
        admin.add_user(user, password)
        return admin

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        self._store.close()

    def add_user(self, name: str, password: str, *, roles: str = "*:CMRV", companies: Iterable[str] = ()) -> None:
        """Adds or replaces a user. `roles` reads `task:rights ...`, rights being C, M, R, V; no companies is all."""
        row: Values = {
            "UserCode": name,
            "UserKey": name.zfill(10)[-10:],
            "Password": password,
            "Active": "Y",
            "Locked": "N",
            "Companies": " ".join(companies),
            "Roles": roles,
        }
        self.add_rows(SYSTEM, "SY_User", [row])

    def add_rows(self, company: str, table: str, rows: Iterable[Values]) -> None:
        """Adds or replaces records of any table in one commit. Raises ValueError for an unknown column.

        A bulk load: no stamps are set, so a reader who looks at stamps does not see the change. `Office.enter` sets
        them.
        """
        layout = self._store.layout(table)
        with self._store.transaction():
            for row in rows:
                self._store.put(company, table, layout.to_row(row))

    def add_items(self, company: str, rows: Iterable[Values]) -> None:
        """Adds or replaces items; `QuantityOnHand` in a row goes to IM_ItemWarehouse, warehouse 000 unless named."""
        items = [{"ItemType": "1", "TaxClass": "TX", "InactiveItem": "N", **row} for row in rows]
        stock = [
            {
                "ItemCode": item["ItemCode"],
                "WarehouseCode": item.get("DefaultWarehouseCode", self.options().default_warehouse),
                "QuantityOnHand": item.pop("QuantityOnHand"),
            }
            for item in items
            if "QuantityOnHand" in item
        ]
        self.add_rows(company, "CI_Item", items)
        self.add_rows(company, "IM_ItemWarehouse", stock)

    def add_customers(self, company: str, rows: Iterable[Values]) -> None:
        """Adds or replaces customers, with Sage's own defaults for what a row leaves out."""
        defaults = {"ARDivisionNo": "00", "TermsCode": "00", "CustomerStatus": "A", "CreditHold": "N"}
        self.add_rows(company, "AR_Customer", [{**defaults, **row} for row in rows])

    def set_next_number(self, company: str, counter: str, number: int) -> None:
        """Sets what SalesOrderNo, CustomerNo or InvoiceNo comes next."""
        self._store.execute("INSERT OR REPLACE INTO counter VALUES (?, ?, ?)", (company, counter, number - 1))

    def options(self) -> Options:
        """The installation's settings."""
        return self._store.options()

    def set_option(self, name: str, value: object) -> None:
        """Changes one setting at once, for running sessions too. Raises ValueError for an unknown name or value."""
        with self._store.transaction():
            changed = {**self._store.options().model_dump(), name: value}
            self._store.save_options(Options.model_validate(changed))

    def maintenance(self, on: bool) -> None:
        """A backup begins or ends: while it runs, log-ons and writes are refused."""
        self.set_option("maintenance", on)

    def logon_refused(self, company: str, on: bool) -> None:
        """Shuts a company to outside programs, or opens it again."""
        self._change(SYSTEM, "SY_Company", company, AllowExternalAccess="N" if on else "Y")

    def user_refused(self, user: str, on: bool) -> None:
        """Locks a user, or unlocks it."""
        self._change(SYSTEM, "SY_User", user, Locked="Y" if on else "N")

    def rows(self, company: str, table: str) -> list[Row]:
        """Every record of one table, in key order."""
        return self._store.rows(company, table)

    def customers(self, company: str) -> list[Row]:
        """Every customer."""
        return self.rows(company, "AR_Customer")

    def orders(self, company: str) -> list[AuditedOrder]:
        """Every order that is anywhere, by number, at the first place that has it: open, history, invoice history.

        Of an order that only invoice history has, it is the first invoice's header and the lines of all of them.
        """
        found: dict[str, AuditedOrder] = {}
        for place, header_table, line_table, key in _ORDER_PLACES:
            lines: dict[tuple[object, ...], list[Row]] = {}
            for line in self.rows(company, line_table):
                lines.setdefault(tuple(line[part] for part in key), []).append(line)
            for header in self.rows(company, header_table):
                number, own = str(header["SalesOrderNo"]), lines.get(tuple(header[part] for part in key), [])
                if number not in found:
                    found[number] = {"place": place, "header": header, "lines": own}
                elif found[number]["place"] == place and header["InvoiceType"] == "IN":
                    found[number]["lines"] += own
        return [found[number] for number in sorted(found)]

    def office(self, company: str) -> Office:
        """The people who ship, post and take cash in one company."""
        return Office(self._store, company)

    def move_to_history(self, company: str, order_no: str) -> None:
        """Completes an open order without an invoice. Raises KeyError where it is not open."""
        self.office(company).complete(order_no)

    def make_invoice(self, company: str, order_no: str) -> str:
        """Makes an unposted invoice of an open order and gives its number. Raises KeyError where it is not open."""
        return self.office(company).invoice(order_no)

    def post_invoice(self, company: str, invoice_no: str) -> None:
        """Posts an unposted invoice; its order is completed. Raises KeyError where there is none."""
        self.office(company).post(invoice_no)

    def console(self) -> list[dict[str, Any]]:
        """SY_Console: one row per session, with its process id."""
        rows = self._store.execute("SELECT * FROM console ORDER BY workstation, counter")
        return [
            {
                "WorkstationName": row["workstation"],
                "SessionCounter": row["counter"],
                "UserKey": row["user_key"],
                "CompanyCode": row["company"],
                "ModuleCode": row["module"] or "",
                "ProgramName": row["program"] or "",
                "SessionPID": row["pid"],
            }
            for row in rows
        ]

    def end_console_row(self, workstation: str, counter: str) -> None:
        """Ends a session in Master Console: its seat is free, its next call raises error 95. Kills no process."""
        place = (workstation, counter)
        for row in self._store.execute("SELECT id FROM console WHERE (workstation, counter) = (?, ?)", place):
            Console(self._store).end(Seat(row["id"]))

    def add_fault(
        self,
        point: Point,
        action: Action,
        *,
        company: str = "",
        key: str = "",
        stamp: str = "",
        line: int | None = None,
        ms: int = 0,
        text: str = "",
        times: int = 1,
    ) -> int:
        """Sets a fault for the next `times` passages of `point`, and gives its id.

        Empty matches mean any: `key` is an order number, a division and customer number, or a user at `logon`; `stamp`
        a UDF's value; `line` counts from 1 and matters between lines only. `ms` is for delay, `text` for busy, refuse.
        """
        if point not in POINTS or action not in ACTIONS:
            raise ValueError(f"no fault {point}/{action}; points {sorted(POINTS)}, actions {sorted(ACTIONS)}")
        rows = self._store.execute(
            "INSERT INTO fault (point, action, company, key, stamp, line, ms, text, remaining) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (point, action, company, key, stamp, line, ms, text, times),
        )
        return int(rows[0]["id"])

    def fault_hits(self) -> list[dict[str, Any]]:
        """Every firing so far, oldest first; each was on disk before it acted. `at_utc` is a datetime."""
        rows = self._store.execute("SELECT * FROM fault_hit ORDER BY id")
        return [{**dict(row), "at_utc": datetime.fromisoformat(row["at_utc"])} for row in rows]

    def release_fault(self, fault_id: int) -> None:
        """Lets every hang and pause of this fault go on, now and later."""
        self._store.execute("UPDATE fault SET released = 1 WHERE id = ?", (fault_id,))

    def clear_faults(self) -> None:
        """Forgets all faults, which lets those that wait go on. Hits stay."""
        self._store.execute("DELETE FROM fault")

    def _change(self, company: str, table: str, key: str, **cells: str) -> None:
        with self._store.transaction():
            row = self._store.get(company, table, key)
            if row is None:
                raise KeyError(f"{table} {key} is not in this installation")
            self._store.put(company, table, {**row, **cells})
