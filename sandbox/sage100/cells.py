"""A column's value on its way in (`nSetValue`: reference 6, point 6; texts after 4.2) and out (`nGetValue`)."""

from collections.abc import Mapping
from decimal import Decimal

from sandbox.sage100.com import ComError, Refusal, give
from sandbox.sage100.layouts import Cell, Column, Layout, is_date, rounded
from sandbox.sage100.options import Options
from sandbox.sage100.store import Store


def column_of(layout: Layout, name: str) -> Column:
    """The column of this COM name. Raises `Refusal` for one that the table does not have."""
    column = layout.find(name)
    if column is None:
        raise Refusal(f"Column {name} is invalid.")
    return column


def give_cell(row: Mapping[str, Cell], column: Column, result: object) -> None:
    """Hands a cell back by reference: text as it is, a number as COM has it, as a double."""
    cell = row.get(column.name, column.blank)
    give(result, cell if isinstance(cell, str) else float(cell))


def accepted(column: Column, value: object, *, company: str, store: Store) -> Cell:
    """The value as it will be stored. Raises `Refusal` with Sage's text, or `ComError` 26 where that option is set."""
    options = store.options()
    if column.read_only:
        raise Refusal(f"{column.name} is read only.")
    if column.kind == "N":
        return _number(column, value, options)
    text = _text(column, value, options)
    _check_text(column, text)
    if column.file and text and not _exists(column.file, text, company, store):
        raise Refusal(f"{column.name} {text} is not on file.")
    return text


def _number(column: Column, value: object, options: Options) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _mismatch(column, "a number", options)
    number = rounded(Decimal(str(value)), column.decimals)
    whole_places = column.width - 1 - column.decimals
    if abs(number) >= Decimal(10) ** whole_places:
        raise Refusal(f"{column.name} is greater than {whole_places} digit(s) before the point.")
    return number


def _text(column: Column, value: object, options: Options) -> str:
    if not isinstance(value, str):
        raise _mismatch(column, "text", options)
    text = value.upper() if column.upper else value
    try:
        text.encode(options.code_page)
    except UnicodeEncodeError:
        if options.unmappable_text == "refuse":
            raise Refusal(f"{column.name} has characters outside the code page.") from None
        text = text.encode(options.code_page, errors="replace").decode(options.code_page)
    return text


def _check_text(column: Column, text: str) -> None:
    if len(text) > column.width:
        raise Refusal(f"{column.name} is greater than {column.width} character(s).")
    if text and column.valid and text not in column.valid:
        raise Refusal(f"{column.name} failed validation on {','.join(column.valid)}")
    if text and column.kind == "D" and not is_date(text):
        raise Refusal(f"{column.name}: {text} is an invalid date.")


def _exists(file: str, text: str, company: str, store: Store) -> bool:
    if file == "SY_ZipCode" and not store.options().check_zip:
        return True
    return store.get(company, file, text) is not None


def _mismatch(column: Column, wanted: str, options: Options) -> Exception:
    if options.type_mismatch == "raise":
        return ComError(26, f"Variable type invalid: {column.com_name} takes {wanted}.")
    return Refusal(f"{column.com_name} takes {wanted}.")
