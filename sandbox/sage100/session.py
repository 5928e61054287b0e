"""SY_Session: log-on, company and seat, dates, and the program that gives the next object its rights.

Sources: reference sage100.md 1.1.4, 1.1.7 (log on), 3.1, 3.2; 6, points 2 and 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from sandbox.sage100.com import ComError, ComObject, Refusal
from sandbox.sage100.console import Seat
from sandbox.sage100.faults import Place
from sandbox.sage100.layouts import Row, is_date
from sandbox.sage100.server import Server
from sandbox.sage100.store import SYSTEM

MODULES = frozenset({"S/O", "A/R", "C/I", "I/M", "G/L", "P/O", "B/M", "A/P"})

TASKS: dict[str, int] = {
    name.lower(): 100_001 + number
    for number, name in enumerate(
        (
            "SO_SalesOrder_ui",
            "SO_SalesOrderHistoryInquiry_ui",
            "SO_Invoice_ui",
            "AR_InvoiceHistoryInquiry_ui",
            "AR_Customer_ui",
            "CI_ItemCode_ui",
            "IM_Transaction_ui",
            "SO_Shipping_ui",
            "SO_ShipToAddress_ui",
            "GL_Account_ui",
        )
    )
}
"""The programs that `nLookupTask` knows, by lower-case name, with their task ids."""

_PROGRAM_BASE = 700_000
"""Added to a task id to make what `nSetProgram` returns, which is neither 0 nor 1 (XJ)."""


@dataclass(frozen=True)
class Context:
    """What a business object is given at its birth and keeps: where it works, for whom, and with which rights."""

    company: str
    user_key: str
    module_date: str
    rights: frozenset[str]


class Needs(Protocol):
    """What a kind of object needs of its session."""

    @property
    def module(self) -> str: ...

    @property
    def task(self) -> str | None: ...


class Session(ComObject):
    """One session, in the order created, user, company, then date, module and program for each kind of object."""

    METHODS: ClassVar[Mapping[str, str]] = {
        "nLogon": "logon",
        "nSetUser": "set_user",
        "nSetCompany": "set_company",
        "nSetDate": "set_date",
        "nSetModule": "set_module",
        "nLookupTask": "lookup_task",
        "nSetProgram": "set_program",
    }
    PROPERTIES: ClassVar[Mapping[str, str]] = {"sCompanyCode": "company_code", "sCompanyList": "company_list"}

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._server = server
        self._user: Row | None = None
        self._company = ""
        self._seat: Seat | None = None
        self._dates: dict[str, str] = {}
        self._module = ""
        self._task = ""

    @property
    def owner(self) -> str:
        """The name that its objects' record locks begin with."""
        return self._seat.owner if self._seat else ""

    def logon(self) -> int:
        """1 when a user is set, or the installation knows the Windows user; else 0."""
        if self._user is None and (name := self._server.options.windows_logon_user):
            self._user = self._admitted(name, None)
        return int(self._user is not None)

    def set_user(self, name: str, password: str) -> int:
        """Logs a user on: 1, or 0 with a text."""
        self._server.faults.fire("logon", Place(company=self._company, key=name))
        user = self._admitted(name, password)
        if self._company:
            _check_access(user, self._company, self._server.options.texts.company)
        self._user = user
        self._note()
        return 1

    def set_company(self, code: str) -> int:
        """Enters a company and takes the session's seat with the first one: 1, or 0 with a text."""
        self._server.faults.fire("set_company", Place(company=code))
        options = self._server.options
        self._refuse_in_maintenance()
        company = self._server.store.get(SYSTEM, "SY_Company", code)
        if company is None or company.get("AllowExternalAccess", "Y") != "Y":
            raise Refusal(options.texts.company)
        if self._user:
            _check_access(self._user, code, options.texts.company)
        if self._seat is None:
            self._seat = self._server.console.take(self._user_key(), code)
            self._server.seats.append(self._seat)
        self._company, self._dates, self._module, self._task = code, {}, "", ""
        self._note()
        return 1

    def set_date(self, module: str, date: str) -> int:
        """Sets a module's date, YYYYMMDD: 1, or 0 with a text (an unknown module, a bad date, period end)."""
        if self._server.options.period_end:
            raise Refusal(self._server.options.texts.period_end)
        if not self._company or module not in MODULES or not is_date(date):
            raise Refusal(f"Date {date} for module {module} is not valid.")
        self._dates[module] = date
        return 1

    def set_module(self, module: str) -> int:
        """Enters a module: 1, or 0 with a text."""
        if not self._company or module not in MODULES:
            raise Refusal(f"Module {module} is not valid.")
        self._module = module
        self._note()
        return 1

    def lookup_task(self, name: str) -> int:
        """The id of a `_ui` program, 0 if unknown."""
        return TASKS.get(name.lower(), 0)

    def set_program(self, task_id: int) -> int:
        """Sets the rights of the objects made next. Returns a large number, or 0 for an unknown task."""
        self._task = next((name for name, number in TASKS.items() if number == task_id), "")
        self._note()
        return _PROGRAM_BASE + task_id if self._task else 0

    def company_code(self) -> str:
        """The present company, or nothing."""
        return self._company

    def company_list(self) -> str:
        """Every company as code, two spaces and (name), separated by SEP."""
        rows = self._server.store.rows(SYSTEM, "SY_Company")
        return self._server.joined([f"{row['CompanyCode']}  ({row['CompanyName']})" for row in rows])

    def context_for(self, needs: Needs) -> Context:
        """What an object of this kind is born with. Raises `ComError` 90 or 200 where the session has not prepared it.

        An object without a task of its own, such as a `_svc`, is content with any program.
        """
        self.touch()
        task = (needs.task or self._task).lower()
        rights = self._rights(task) if self._user else frozenset()
        prepared = self._company and self._dates.get(needs.module) and self._module and self._task
        if not prepared or task != self._task or "V" not in rights:
            raise ComError(self._server.options.no_context_error, "Object cannot be created: program or right missing.")
        return Context(self._company, self._user_key(), self._dates[needs.module], rights)

    def touch(self) -> None:
        """Notes that the session is in use. Raises `ComError` 95 when it was ended by idleness or an administrator."""
        ended = self._dropped
        if self._seat and not self._server.console.touch(self._seat):
            ended = True
        if ended:
            raise ComError(95, "Bad object handle: the session has ended.")

    def drop(self) -> int:
        """Gives the seat and every record lock back."""
        if self._seat:
            self._server.console.end(self._seat)
            self._server.seats.remove(self._seat)
            self._seat = None
        return super().drop()

    def _admitted(self, name: str, password: str | None) -> Row:
        """The user, if known, active, not locked and (unless it is None) of this password. Raises `Refusal`."""
        self._refuse_in_maintenance()
        user = self._server.store.get(SYSTEM, "SY_User", name)
        if not user or password not in {None, user["Password"]} or (user["Active"], user["Locked"]) != ("Y", "N"):
            raise Refusal(self._server.options.texts.logon)
        return user

    def _refuse_in_maintenance(self) -> None:
        if self._server.options.maintenance:
            raise Refusal(self._server.options.texts.maintenance)

    def _rights(self, task: str) -> frozenset[str]:
        """C, M, R and V as the user's roles give them for this task; `*` stands for every task."""
        roles = dict(role.lower().split(":") for role in str(self._user["Roles"]).split()) if self._user else {}
        return frozenset(roles.get(task, roles.get("*", "")).upper())

    def _user_key(self) -> str:
        return str(self._user["UserKey"]) if self._user else ""

    def _note(self) -> None:
        if self._seat:
            self._server.console.note(
                self._seat,
                user_key=self._user_key(),
                company=self._company,
                module=self._module,
                program=self._task,
            )


def _check_access(user: Row, company: str, text: str) -> None:
    """Raises `Refusal` when the user may not enter this company; an empty list stands for all."""
    allowed = str(user["Companies"]).split()
    if allowed and company not in allowed:
        raise Refusal(text)
