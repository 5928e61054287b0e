"""The last look at every value before it goes into a column: width, code page, size and valid values."""

from collections.abc import Callable
from decimal import Decimal

from bridge.erp.sage100.dictionary import Column
from mappings.characters import spell
from mappings.mapped import Run


def fit_text(column: Column, path: str) -> Callable[[str, Run], str]:
    """Spells a text for Sage and refuses it when it is too long or has letters that Sage cannot hold."""

    def fit(value: str, run: Run) -> str:
        spelling = spell(value)
        if spelling.lost:
            raise run.refusal(path, value, _no_letters(column, spelling.lost), "characters")
        if not spelling.text:
            raise run.refusal(path, value, f"nothing of this can stand in {column.name}; use letters", "characters")
        if column.width is not None and len(spelling.text) > column.width:
            text = f"{column.name} takes {column.width} characters, this has {len(spelling.text)}; shorten it"
            raise run.refusal(path, value, text, "too_long")
        if spelling.is_changed:
            run.notes.append(f"{run.place(path)}: {value!r} is written {spelling.text!r} in {column.name}")
        return spelling.text

    return fit


def fit_number(column: Column, path: str) -> Callable[[Decimal, Run], Decimal]:
    """Refuses a number that has more places than the column; nothing is rounded here."""
    limit = None if column.whole_digits is None else Decimal(10) ** column.whole_digits
    unit = Decimal(1).scaleb(-column.scale)

    def fit(value: Decimal, run: Run) -> Decimal:
        if limit is not None and not -limit < value < limit:
            raise run.refusal(path, value, f"{column.name} holds numbers below {limit}", "too_large")
        if value.quantize(unit) != value:
            raise run.refusal(path, value, f"{column.name} holds {column.scale} decimals, not more", "too_precise")
        return value

    return fit


def refuse_value(column: Column, path: str) -> Callable[[str, Run], None]:
    """Raises for a value that is not among those that the column takes."""

    def refuse(value: str, run: Run) -> None:
        allowed = ", ".join(sorted(column.values))
        raise run.refusal(path, value, f"{column.name} takes only {allowed}; mend the table that maps it", "unmapped")

    return refuse


def refuse_missing(column: Column, path: str) -> Callable[[Run], None]:
    """Raises for a column that Sage requires and nothing fills."""

    def refuse(run: Run) -> None:
        raise run.refusal(path, "", f"Sage requires {column.name}; fill it at the storefront", "missing")

    return refuse


def _no_letters(column: Column, lost: str) -> str:
    return f"{column.name} cannot hold {lost!r} (Sage writes Windows-1252); give a spelling in Latin letters"
