"""What the tests of the simulated Sage 100 share: an installation, a clerk at its keyboard, and clerks as processes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.script import STORE_VARIABLE, connect
from sandbox.sage100.seed import seed

HOME = "C:\\Sage\\MAS90\\Home"
ROOT = Path(__file__).parents[2]
MODULES = {"SO": "S/O", "AR": "A/R", "CI": "C/I", "IM": "I/M", "GL": "G/L"}


class Out:
    """A by-reference argument, as pywin32's VARIANT is."""

    def __init__(self, value: Any = "") -> None:
        self.value = value


def make_sage(folder: Path, **options: Any) -> SageAdmin:
    """An installation with company ABC, two customers and four items."""
    admin = SageAdmin.create(folder / "sage.db", **options)
    seed(admin, "ABC")
    item = {"StandardUnitPrice": "2.50", "StandardUnitOfMeasure": "EACH", "QuantityOnHand": 100}
    admin.add_items(
        "ABC",
        [
            {"ItemCode": "BOLT", "ItemCodeDesc": "A bolt", **item},
            {"ItemCode": "NUT", "ItemCodeDesc": "A nut", **item, "StandardUnitPrice": "1.255"},
            {"ItemCode": "BOOK", "ItemCodeDesc": "A book", **item, "TaxClass": "NT"},
            {"ItemCode": "OLD", "ItemCodeDesc": "No more", **item, "InactiveItem": "Y"},
        ],
    )
    admin.add_customers(
        "ABC",
        [
            {
                "CustomerNo": "ACME",
                "CustomerName": "Acme Co.",
                "AddressLine1": "1 Main St",
                "City": "Madison",
                "ZipCode": "53703",
                "TermsCode": "01",
                "TaxSchedule": "WI",
                "ShipMethod": "FEDEX",
                "EmailAddress": "buyer@acme.example",
                "CreditLimit": 1000,
            },
            {"CustomerNo": "ZETA", "CustomerName": "Zeta Ltd."},
        ],
    )
    return admin


def script_on(admin: SageAdmin) -> Any:
    """A Script on this installation, after Init."""
    os.environ[STORE_VARIABLE] = str(admin.path)
    script = connect()
    script.Init(HOME)
    return script


class Clerk:
    """One session on its own Script, in company ABC."""

    def __init__(self, admin: SageAdmin) -> None:
        self.script = script_on(admin)
        self.session = self.script.NewObject("SY_Session")
        assert self.session.nSetUser("WEB", "web") == 1, self.session.sLastErrorMsg
        assert self.session.nSetCompany("ABC") == 1, self.session.sLastErrorMsg

    def open(self, name: str, task: str | None = None) -> Any:
        """A business object, after the whole of log-on step 7."""
        task = task or name.rpartition("_")[0] + "_ui"
        module = MODULES[name[:2]]
        assert self.session.nSetDate(module, "20261121") == 1, self.session.sLastErrorMsg
        assert self.session.nSetModule(module) == 1
        assert self.session.nSetProgram(self.session.nLookupTask(task)) > 1
        return self.script.NewObject(name, self.session)

    def orders(self) -> Any:
        return self.open("SO_SalesOrder_bus")


def begin_order(bus: Any, number: str, *, customer: str = "ACME", po: str = "", stamp: str = "") -> Any:
    """Sets the key and the header of a new order."""
    assert bus.nSetKey(number) == 2, bus.sLastErrorMsg
    assert bus.nSetValue("ARDivisionNo$", "00") == 1
    assert bus.nSetValue("CustomerNo$", customer) == 1, bus.sLastErrorMsg
    if po:
        bus.nSetValue("CustomerPONo$", po)
    assert bus.nSetValue("UDF_WEB_ORDER_ID$", stamp or f"main:{number}") == 1
    return bus


def add_line(bus: Any, item: str, quantity: float, price: float | None = None) -> None:
    """Adds and writes one line."""
    lines = bus.oLines
    assert lines.nAddLine() == 2, lines.sLastErrorMsg
    assert lines.nSetValue("ItemCode$", item) != 0, lines.sLastErrorMsg
    assert lines.nSetValue("QuantityOrdered", quantity) == 1, lines.sLastErrorMsg
    if price is not None:
        assert lines.nSetValue("UnitPrice", price) == 1
    assert lines.nWrite() == 1, lines.sLastErrorMsg


def write_order(bus: Any, number: str, *, stamp: str = "", po: str = "", customer: str = "ACME") -> int:
    """A whole order of two lines; gives what the header's nWrite returned."""
    begin_order(bus, number, stamp=stamp, po=po, customer=customer)
    add_line(bus, "BOLT", 2.0)
    add_line(bus, "NUT", 1.0)
    return int(bus.nWrite())


def value(bus: Any, column: str) -> Any:
    """One column's value."""
    out = Out()
    assert bus.nGetValue(column, out) == 1, bus.sLastErrorMsg
    return out.value


def eventually(check: Callable[[], Any], *, within_s: float = 10.0) -> Any:
    """Asks until the answer is true, and gives it; fails after the deadline."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if answer := check():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"not within {within_s} s")


@contextmanager
def clerk_process(admin: SageAdmin, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A clerk in a process of its own, which does what `words` say (see `main`). It is ended on leaving."""
    environment = {**os.environ, STORE_VARIABLE: str(admin.path)}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.unit.sandbox_sage_rig", *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def main(words: list[str]) -> None:
    """A clerk's work: `order NO STAMP` writes and reads it; `lock NO` and `seat` say what they got, and wait."""
    admin = SageAdmin(Path(os.environ[STORE_VARIABLE]))
    try:
        clerk = Clerk(admin)
    except AssertionError:
        print("refused", flush=True)
        return
    if words[0] == "order":
        bus = clerk.orders()
        print(write_order(bus, words[1], stamp=words[2]), flush=True)
        print(value(bus, "SalesOrderNo$"), flush=True)
    if words[0] == "lock":
        print(clerk.orders().nSetKey(words[1]), flush=True)
    if words[0] == "seat":
        print("seated", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
