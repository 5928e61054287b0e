"""A storefront's address in Sage's name, three lines, city, state, post code and country.

Nothing is lost in silence. What is too long goes on in the next line, at a word's end; what must arrive (street, post
code) and still does not fit is refused; what may be missed (the rest of a long name, the person's name beside a
company's, a region abroad) is left out with a note.
"""

import textwrap
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bridge.documents import Address
from mappings.characters import is_plain, spell
from mappings.mapped import Run
from mappings.settings import LaneMapping

_TABLES = Path(__file__).with_name("tables")
_LINES = 3
_UNITED_STATES = "US"


@dataclass(frozen=True)
class Widths:
    """How many characters each part may have in this version of Sage."""

    name: int
    line: int
    city: int
    postal_code: int


@dataclass(frozen=True)
class Part:
    """One piece of the address lines. Of the parts with a rank the highest is given up first; rank 0 never is."""

    text: str
    rank: int = 0


@dataclass(frozen=True)
class SageAddress:
    """An address as Sage holds it; empty parts are None."""

    name: str | None
    lines: tuple[str | None, str | None, str | None]
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None


def region_code(address: Address, lane: LaneMapping) -> str | None:
    """The two-letter code of a state or province by code or name, or of a region that has so short a code; or None.

    `US-CA`, `CA`, `California` and a spelling in the lane's `states` are the same.
    """
    country = (address.country_code or "").upper()
    known = _regions(country)
    for spoken in filter(None, (address.region_code, address.region_name)):
        code = spoken.upper().removeprefix(f"{country}-")
        if code in known.values() or (country != _UNITED_STATES and len(code) == 2 and code.isalnum()):
            return code
        name = _folded(spoken)
        by_name = next((code for word, code in lane.states.items() if _folded(word) == name), known.get(name))
        if by_name:
            return by_name
    return None


def country_code(address: Address, lane: LaneMapping, path: str, run: Run) -> str | None:
    """Sage's code of the country: the lane's own, else the ISO code of the length that the lane uses."""
    if not address.country_code:
        return None
    code = address.country_code.upper()
    if code in lane.countries:
        return lane.countries[code]
    if code not in _table("countries"):
        text = "no ISO 3166 country has this code; add it to countries of this lane's mapping section"
        raise run.refusal(f"{path}.country_code", address.country_code, text, "unmapped")
    return code if lane.country_codes == "alpha2" else str(_table("countries")[code])


def iso_country(code: str | None, lane: LaneMapping) -> str | None:
    """The two-letter ISO code of a country of Sage's: by the lane's own codes, else by ISO; None for any other."""
    if code is None:
        return None
    own = {sage: iso for iso, sage in lane.countries.items()}
    return own.get(code) or _iso_codes().get(code)


class Arranger:
    """Arranges the addresses of one row: their source path, their widths and the lane's tables."""

    def __init__(self, path: str, widths: Widths, lane: LaneMapping) -> None:
        self._path = path
        self._widths = widths
        self._lane = lane

    def arrange(self, address: Address, run: Run, *, with_name: bool) -> SageAddress:
        """The address in Sage's parts. `with_name` says that it carries the name too, not only street and place.

        Raises `Refused` for a street or post code that does not fit, an unknown country, or an unknown US state.
        """
        names = self._names(address, run) if with_name else []
        name = names[0].text if names else None
        state, city, region = self._region(address, run)
        street = [self._street(address, part, run) for part in ("line1", "line2", "line3")]
        return SageAddress(
            name=name,
            lines=self._fold([*names[1:], *filter(None, street), *region], run),
            city=city,
            state=state,
            postal_code=self._postal_code(address, run),
            country=country_code(address, self._lane, self._path, run),
        )

    def _names(self, address: Address, run: Run) -> list[Part]:
        """The name that fits, then its rest, then the person when the name is a company's."""
        company, person = self._spelled(address, "company", run), self._spelled(address, "name", run)
        first = company or person
        if not first:
            return []
        head, *rest = _wrap(first, self._widths.name)
        parts = [Part(head)]
        if rest:
            parts.append(Part(" ".join(rest), rank=1))
        if person and person != first:
            parts.append(Part(f"Attn {person}", rank=2))
        return parts

    def _region(self, address: Address, run: Run) -> tuple[str | None, str | None, list[Part]]:
        """State, city, and the region as a line of its own: a region without a code goes behind the city if it fits."""
        city = self._city(address, run)
        spoken = self._spelled(address, "region_name", run) or self._spelled(address, "region_code", run)
        code = region_code(address, self._lane)
        if code or not spoken:
            return code, city, []
        if (address.country_code or "").upper() == _UNITED_STATES:
            text = "no US state is called so; mend it, or add the spelling to states of this lane's mapping section"
            raise run.refusal(f"{self._path}.region_code", spoken, text, "unmapped")
        together = f"{city}, {spoken}" if city else spoken
        return (None, together, []) if len(together) <= self._widths.city else (None, city, [Part(spoken, rank=3)])

    def _city(self, address: Address, run: Run) -> str | None:
        city = self._spelled(address, "city", run)
        if city is None or len(city) <= self._widths.city:
            return city
        written = _wrap(city, self._widths.city)[0]
        run.notes.append(f"{self._path}.city: {city!r} is written {written!r}")
        return written

    def _postal_code(self, address: Address, run: Run) -> str | None:
        code = self._spelled(address, "postal_code", run)
        if code and len(code) > self._widths.postal_code:
            text = f"Sage takes {self._widths.postal_code} characters; mend it at the storefront"
            raise run.refusal(f"{self._path}.postal_code", code, text, "too_long")
        return code

    def _street(self, address: Address, part: str, run: Run) -> Part | None:
        text = self._spelled(address, part, run)
        if text is None:
            return None
        if len(text) <= self._widths.line or (address.country_code or "").upper() != _UNITED_STATES:
            return Part(text)
        return Part(" ".join(_abbreviated(word) for word in text.split()))

    def _fold(self, parts: list[Part], run: Run) -> tuple[str | None, str | None, str | None]:
        kept = list(parts)
        while (lines := _in_lines([part.text for part in kept], self._widths.line)) is None:
            given_up = max(kept, key=lambda part: part.rank)
            if not given_up.rank:
                street = ", ".join(part.text for part in kept)
                text = f"Sage takes {_LINES} lines of {self._widths.line} characters; shorten the street"
                raise run.refusal(f"{self._path}.line1", street, text, "too_long")
            kept.remove(given_up)
            run.notes.append(f"{self._path}: no room for {given_up.text!r}")
        first, second, third = (*lines, None, None, None)[:_LINES]
        return first, second, third

    def _spelled(self, address: Address, part: str, run: Run) -> str | None:
        text: str | None = getattr(address, part)
        if not text or is_plain(text):
            return text or None
        spelling = spell(text)
        place = f"{self._path}.{part}"
        if spelling.lost:
            remedy = f"Sage cannot hold {spelling.lost!r} (it writes Windows-1252); give it in Latin letters"
            raise run.refusal(place, text, remedy, "characters")
        if spelling.is_changed:
            run.notes.append(f"{place}: {text!r} is written {spelling.text!r}")
        return spelling.text or None


def _in_lines(texts: list[str], width: int) -> list[str] | None:
    """Each text on lines of its own, else all of them run together; None when three lines are too few for that too."""
    if len(texts) <= _LINES and all(len(text) <= width for text in texts):
        return texts
    apart = [line for text in texts for line in _wrap(text, width)]
    if len(apart) <= _LINES:
        return apart
    together = _wrap(", ".join(texts), width)
    return together if len(together) <= _LINES else None


def _wrap(text: str, width: int) -> list[str]:
    """Pieces of at most `width`, cut at a word's end where there is one."""
    return [text] if len(text) <= width else textwrap.wrap(text, width, break_on_hyphens=False)


def _abbreviated(word: str) -> str:
    bare = word.rstrip(".,")
    short = _table("streets").get(bare.casefold())
    return word if short is None else short + ("," if word.endswith(",") else "")


@cache
def _table(name: str) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load((_TABLES / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def _iso_codes() -> Mapping[str, str]:
    """The two-letter codes by themselves and by their three-letter ones."""
    return {str(code): iso for iso, long in _table("countries").items() for code in (iso, long)}


@cache
def _regions(country: str) -> Mapping[str, str]:
    return {_folded(name): code for name, code in _table("regions").get(country, {}).items()}


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip(" .")
