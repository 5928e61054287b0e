"""Text that Sage can hold: one line of Windows-1252, without Sage's own field separator.

The rule, character by character (reference sage100.md 1.1.3: text is single-byte, `Š` is the separator chr(138)):
line breaks and odd spaces become a space; what the code page has stays; a letter with a mark that it lacks loses the
mark; a few letters have a stand-in of their own; a sign that is no letter or digit is left out; a letter for which
nothing stands in (Cyrillic, Chinese) has no place in Sage, and the caller decides whether that is fatal.
"""

import unicodedata
from dataclasses import dataclass

_CODE_PAGE = "cp1252"
_SEPARATOR = b"\x8a".decode(_CODE_PAGE)
_STAND_INS = {
    "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "Ħ": "H", "ħ": "h", "Ŧ": "T", "ŧ": "t", "ĸ": "k", "Ŋ": "N",
    "ŋ": "n", "ẞ": "SS", "№": "No.", "‐": "-", "‑": "-", "‒": "-", "―": "-", "−": "-", "′": "'", "″": '"', "⁄": "/",
}  # fmt: skip


@dataclass(frozen=True)
class Spelling:
    """How a text is written in Sage. `lost` are the letters for which nothing stands in; they are `?` in `text`."""

    text: str
    is_changed: bool
    lost: str


def is_plain(text: str) -> bool:
    """Whether the text needs no second look: printable ASCII."""
    return text.isascii() and text.isprintable()


def spell(text: str) -> Spelling:
    """The text in Sage's code page, by the rule above. The same text again gives the same spelling."""
    if text.isprintable() and _SEPARATOR not in text and _is_encodable(text):
        return Spelling(text, False, "")
    lost: list[str] = []
    written = " ".join("".join(_stand_in(char, lost) for char in text).split())
    return Spelling(written, written != " ".join(text.split()), "".join(lost))


def _stand_in(char: str, lost: list[str]) -> str:
    category = unicodedata.category(char)
    if category.startswith("Z") or char in "\t\n\r\v\f":
        return " "
    if category.startswith("C"):
        return ""
    if char != _SEPARATOR and _is_encodable(char):
        return char
    return _STAND_INS.get(char) or _without_marks(char) or _missing(char, category, lost)


def _without_marks(char: str) -> str:
    decomposed = unicodedata.normalize("NFKD", char)
    bare = "".join(part for part in decomposed if not unicodedata.combining(part))
    return bare if bare != char and _is_encodable(bare) else ""


def _missing(char: str, category: str, lost: list[str]) -> str:
    if category[0] not in "LN":
        return ""
    lost.append(char)
    return "?"


def _is_encodable(text: str) -> bool:
    try:
        text.encode(_CODE_PAGE)
    except UnicodeEncodeError:
        return False
    return True
