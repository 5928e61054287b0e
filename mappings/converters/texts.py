"""Text that need not arrive whole. Without one of these a text that does not fit is refused."""

from functools import partial

from bridge.erp.sage100.dictionary import ColumnType
from mappings.characters import is_plain, spell
from mappings.converters.registry import Binding, Convert, converter
from mappings.mapped import Run


@converter(ColumnType.TEXT)
def cut(binding: Binding) -> Convert[str]:
    """Keeps the beginning that fits, and notes the whole. Letters that Sage cannot hold become question marks."""
    return partial(_cut, binding)


@converter(ColumnType.TEXT)
def optional(binding: Binding) -> Convert[str]:
    """Leaves a text out, with a note, when it does not fit whole: half a telephone number helps nobody."""
    width, path, name = binding.width(), binding.source, binding.column.name

    def convert(value: str, run: Run) -> str | None:
        spelling = spell(value)
        if len(spelling.text) <= width and not spelling.lost:
            return spelling.text or None
        run.notes.append(f"{run.place(path)}: {value!r} does not fit in {name} and is left out")
        return None

    return convert


@converter(ColumnType.TEXT)
def words(binding: Binding, template: str) -> Convert[str]:
    """Puts a text into a template such as `Web order {}`, and cuts the whole to what fits."""
    if template.count("{}") != 1:
        raise ValueError(f"the template {template!r} needs one {{}} where the value goes")
    return lambda value, run: _cut(binding, template.replace("{}", value), run)


def _cut(binding: Binding, value: str, run: Run) -> str | None:
    width = binding.width()
    if len(value) <= width and is_plain(value):
        return value
    spelling = spell(value)
    written = spelling.text[:width].rstrip()
    if not spelling.is_changed and written == spelling.text:
        return written or None
    run.notes.append(f"{run.place(binding.source)}: {value!r} is written {written!r} in {binding.column.name}")
    return written or None
