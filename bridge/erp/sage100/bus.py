"""A business object of Sage with every return code checked (reference sage100.md 1.1.2, 1.1.6)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import zip_longest

from bridge.erp.sage100.classify import Meaning, meaning_of_refusal
from bridge.erp.sage100.com import ComFault, ComObject, return_code
from bridge.erp.sage100.values import com_name, com_value, number_of, split_rows, text_of
from bridge.errors import Refused
from bridge.ports.erp import FieldValue

EXISTS = 1
NEW = 2
WARNING = -1


class Refusal(Exception):
    """A member returned 0. `text` is the object's own; `column` and `value` are set where a column was refused."""

    def __init__(self, member: str, text: str, *, column: str | None = None, value: str | None = None) -> None:
        super().__init__(f"{member}: {text or 'Sage gave no reason'}")
        self.member = member
        self.text = text or f"{member} returned 0 and Sage gave no reason"
        self.column = column
        self.value = value


class BusObject:
    """One `_bus` or `_svc` object, or its lines. Warnings (-1) are kept in the order in which they came."""

    def __init__(self, com: ComObject, warnings: list[str] | None = None) -> None:
        self._com = com
        self.warnings: list[str] = [] if warnings is None else warnings

    def lines(self) -> "BusObject":
        """The line object of the record being edited; its warnings join ours."""
        return BusObject(self._com.child("oLines"), self.warnings)

    def do(self, member: str, *arguments: object) -> int:
        """Calls a member that returns a code; 0 raises `Refusal`, -1 keeps the warning and goes on."""
        return self._check(member, return_code(self._com.call(member, *arguments)))

    def set_key(self, *parts: tuple[str, str]) -> int:
        """Opens a record for edit under a record lock: 1 it exists, 2 it is new. One part is passed as it is."""
        return self._with_key("nSetKey", parts)

    def find(self, *parts: tuple[str, str]) -> bool:
        """Reads a record without a lock (reference 1.1.6); False when there is none, or can't be under such a key."""
        try:
            return self._with_key("nFind", parts) == EXISTS
        except Refused:
            return False
        except Refusal as refusal:
            if _says_absent(refusal):
                return False
            raise

    def _with_key(self, member: str, parts: Sequence[tuple[str, str]]) -> int:
        if len(parts) == 1:
            return self.do(member, com_value(*parts[0]))
        for column, value in parts:
            self.do("nSetKeyValue", com_name(column, value), com_value(column, value))
        return self.do(member)

    def put(self, column: str, value: FieldValue) -> None:
        """Sets one column, which runs its validation and loads defaults at once. Raises `Refused` or `Refusal`."""
        carried = com_value(column, value)
        try:
            code = return_code(self._com.call("nSetValue", com_name(column, value), carried))
        except ComFault as fault:
            raise ComFault(fault.member, fault.text, column=column, value=str(value)) from fault
        self._check("nSetValue", code, column=column, value=str(value))

    def text(self, column: str) -> str:
        """A text column of the record at hand."""
        return text_of(self._read(f"{column}$", ""))

    def number(self, column: str) -> Decimal:
        """A number column of the record at hand."""
        return number_of(self._read(column, 0.0))

    def next_number(self, member: str) -> str:
        """Takes the next number for good (reference 1.1.7)."""
        taken = self._com.factory.reference("")
        self.do(member, taken)
        return text_of(taken.value)

    def columns(self) -> set[str]:
        """The names of the main table's columns, without the mark of text."""
        return {name.rstrip("$") for name in split_rows(self._com.call("sGetColumns", "MAIN"))}

    def record(self) -> dict[str, FieldValue]:
        """Every column of the record at hand, without type marks (reference 1.1.6, nGetRecord)."""
        values, names = (self._com.factory.reference("") for _ in range(2))
        self.do("nGetRecord", values, names)
        columns = zip_longest(split_rows(names.value), split_rows(values.value), fillvalue="")
        return {name.rstrip("$"): value if name.endswith("$") else number_of(value) for name, value in columns if name}

    def browse(self, prefix: str) -> Iterator[dict[str, FieldValue]]:
        """Every record whose key begins so, in key order."""
        self.do("nSetBrowseFilter", prefix)
        is_there = self.move("nMoveFirst")
        while is_there:
            yield self.record()
            is_there = self.move("nMoveNext")

    def select(self, describe: str, key: str, condition: str, begin: str = "") -> list[tuple[str, str]]:
        """(description, key) of every row from the key `begin` on that meets the condition, in key order.

        All arguments go by reference (reference 5).
        """
        arguments = [self._com.factory.reference(text) for text in (describe, key, "", "", condition, begin, "")]
        code = return_code(self._com.call("nGetResultSets", *arguments))
        if code == 0 and (text := self._com.last_error()):
            raise Refusal("nGetResultSets", text)
        keys = split_rows(arguments[3].value)
        descriptions = split_rows(arguments[2].value)
        return list(zip_longest(descriptions, keys, fillvalue=""))

    def is_at_end(self) -> bool:
        """Whether a browse has gone past its last record."""
        return return_code(self._com.get("nEOF")) == 1

    def move(self, member: str) -> bool:
        """Browses with `nMoveFirst` or `nMoveNext`; False when nothing is there."""
        return return_code(self._com.call(member)) != 0 and not self.is_at_end()

    def give_up(self) -> None:
        """Clears the unsaved edit, which ends its record lock; a refusal to clear raises too."""
        self.do("nClear")

    def _read(self, column: str, start: str | float) -> object:
        into = self._com.factory.reference(start)
        self.do("nGetValue", column, into)
        return into.value

    def _check(self, member: str, code: int, *, column: str | None = None, value: str | None = None) -> int:
        if code == 0:
            raise Refusal(member, self._com.last_error(), column=column, value=value)
        if code == WARNING:
            self.warnings.append(self._com.last_error() or f"{column or member}: warning without a text")
        return code


def _says_absent(refusal: Refusal) -> bool:
    """Whether a 0 means "no such record", or "no such key"; a probe must not take a busy file for an absent order."""
    return meaning_of_refusal(refusal.text) in {Meaning.REFUSED, Meaning.CUSTOMER_MISSING}
