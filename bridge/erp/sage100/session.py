"""One log-on to one company: the COM server, the session object and the business objects opened so far."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from bridge.erp.sage100.bus import BusObject, Refusal
from bridge.erp.sage100.classify import Meaning, error_for, meaning_of_fault, meaning_of_refusal
from bridge.erp.sage100.com import ComFault, ComObject, ScriptFactory, return_code
from bridge.erp.sage100.company import CUSTOMERS, SALES_ORDER, BusKind, SageCompany
from bridge.errors import Misconfigured, TidegateError


class SageSession:
    """Logs on when made and takes a seat; `close` gives it back. Single-threaded, like the server under it."""

    def __init__(self, factory: ScriptFactory, home: str, code: str, company: SageCompany) -> None:
        """Raises `Unauthorised`, `NoSeat`, `LaneLocked`, `Misconfigured`, `Unreachable`; nothing stays open then."""
        self.code = code
        self.company = company
        self.is_broken = False
        self._objects: dict[BusKind, tuple[ComObject, BusObject]] = {}
        try:
            self._script = ComObject.connect(factory)
            self._script.call("Init", home)
            self._session = self._script.new("SY_Session")
        except ComFault as fault:
            raise _error_of_fault(fault, f"Sage at {home} does not start") from fault
        try:
            self._log_on()
            self._require_stamp_columns()
        except (ComFault, TidegateError) as failure:
            self.close()
            if isinstance(failure, ComFault):
                raise _error_of_fault(failure, f"log-on to company {code} failed") from failure
            raise

    def _log_on(self) -> None:
        user = self.company.user
        self._step("nSetUser", Meaning.UNAUTHORISED, user, self.company.password.get_secret_value())
        self._step("nSetCompany", Meaning.UNAUTHORISED, self.code)

    def _step(self, member: str, otherwise: Meaning, *arguments: object) -> int:
        """One call on the session; a 0 is an error by its text, or else of the meaning `otherwise`."""
        code = return_code(self._session.call(member, *arguments))
        if code == 0:
            text = self._session.last_error()
            meaning = meaning_of_refusal(text)
            told = f"company {self.code}: {member} was refused for user {self.company.user}: {text or 'no reason'}"
            raise error_for(otherwise if meaning is Meaning.REFUSED else meaning, told)
        return code

    def _require_stamp_columns(self) -> None:
        for kind, column in ((SALES_ORDER, self.company.order_udf), (CUSTOMERS, self.company.customer_udf)):
            if column not in self.bus(kind).columns():
                raise Misconfigured(
                    f"company {self.code}: {kind.name} has no column {column}, which takes our stamp; "
                    "add it as a text UDF in Custom Office or name the right one in the company's settings"
                )

    def bus(self, kind: BusKind) -> BusObject:
        """The object of this kind, opened in its own module and program context (reference 1.1.7, log on, step 7).

        Its warnings start empty. Raises `ComFault` or the error of a refused step.
        """
        if kind not in self._objects:
            self._objects[kind] = self._open(kind)
        bus = self._objects[kind][1]
        bus.warnings.clear()
        return bus

    def _open(self, kind: BusKind) -> tuple[ComObject, BusObject]:
        today = datetime.now().astimezone().strftime("%Y%m%d")
        self._step("nSetDate", Meaning.LOCKED, kind.module, today)
        self._step("nSetModule", Meaning.UNAUTHORISED, kind.module)
        task = self._step("nLookupTask", Meaning.SET_UP, kind.task)
        self._step("nSetProgram", Meaning.UNAUTHORISED, task)
        com = self._script.new(kind.name, self._session)
        return com, BusObject(com)

    def note_failure(self, failure: Exception) -> None:
        """After a raised error the objects are not trusted any more: the next use opens fresh ones (reference 1.1.2).

        An error that says that the server is gone makes the session broken; a mere refusal drops the objects too.
        """
        if isinstance(failure, ComFault) and _meaning(failure) is Meaning.BROKEN:
            self.is_broken = True
            return
        self._drop_objects()

    def _drop_objects(self) -> None:
        while self._objects:
            _drop(self._objects.popitem()[1][0])

    def close(self) -> None:
        """Drops every object, the session last, which gives the seat back (reference 1.1.7, log off)."""
        self._drop_objects()
        _drop(self._session)


@contextmanager
def reading(session: SageSession, what: str) -> Iterator[None]:
    """A read or reservation with its failures as errors of the port, as nothing can have been written."""
    try:
        yield
    except ComFault as fault:
        session.note_failure(fault)
        raise _error_of_fault(fault, what) from fault
    except Refusal as refusal:
        raise error_for(meaning_of_refusal(refusal.text), f"{what}: {refusal}") from refusal


def _drop(com: ComObject) -> None:
    for member in ("nCleanup", "DropObject"):
        with suppress(ComFault):
            com.call(member)


def _meaning(fault: ComFault) -> Meaning:
    return meaning_of_fault(fault.text, member=fault.member, value=fault.value)


def _error_of_fault(fault: ComFault, what: str) -> TidegateError:
    return error_for(_meaning(fault), f"{what}: {fault}")
