"""Addresses and letters: what fits, what goes on in the next line, what is noted and what is refused."""

from importlib.resources import files

import pytest

from bridge.documents import Address
from bridge.errors import Refused
from mappings import LaneMapping, Mapped
from mappings.addresses import country_code
from mappings.characters import spell
from mappings.mapped import Run
from tests.unit.mapping_samples import CONTEXT, LANE, mapped, order

_PARTS = ("Name", "Address1", "Address2", "Address3", "City", "State", "ZipCode", "CountryCode")


def shipped(lane: LaneMapping = LANE, version: str = "2018", **parts: str) -> Mapped:
    return mapped(order(ship_to=Address(**parts)), lane, version)


def block(result: Mapped) -> list[object]:
    return [result.header.get(f"ShipTo{part}") for part in _PARTS]


def refused(**parts: str) -> Refused:
    with pytest.raises(Refused) as refusal:
        shipped(**parts)
    return refusal.value


def test_nothing_given_sets_nothing() -> None:
    assert block(shipped()) == [None] * 8


def test_long_lines_go_on_at_a_words_end() -> None:
    street = "Carrera 52 con Ave. Bolívar #65-98 Llano Largo"
    assert block(shipped(line1=street))[1:4] == ["Carrera 52 con Ave. Bolívar", "#65-98 Llano Largo", None]
    assert block(shipped(version="2023", line1=street))[1:4] == [
        "Carrera 52 con Ave. Bolívar #65-98 Llano",
        "Largo",
        None,
    ]


def test_a_word_longer_than_a_line_is_cut_but_kept() -> None:
    word = "Donaudampfschifffahrtsgesellschaftsstraße"
    first, second, _ = block(shipped(line1=word))[1:4]
    assert f"{first}{second}" == word


def test_us_streets_are_shortened_only_where_they_do_not_fit() -> None:
    assert block(shipped(line1="1 Main Street", country_code="US"))[1] == "1 Main Street"
    long = "12345 North Martin Luther King Boulevard, Suite 400"
    assert block(shipped(line1=long, country_code="US"))[1:3] == ["12345 N Martin Luther King", "Blvd, Ste 400"]
    assert block(shipped(line1=long, country_code="GB"))[1:3] == [
        "12345 North Martin Luther King",
        "Boulevard, Suite 400",
    ]


def test_four_short_lines_run_together() -> None:
    result = shipped(name="Ann", company="Acme", line1="Dock 4", line2="Gate 2", line3="1 Main St")
    assert block(result)[:4] == ["Acme", "Attn Ann, Dock 4, Gate 2, 1", "Main St", None]


def test_a_long_name_goes_on_in_the_address() -> None:
    result = shipped(company="The Worshipful Company of Spectacle Makers", line1="1 Main St")
    assert block(result)[:3] == ["The Worshipful Company of", "Spectacle Makers", "1 Main St"]


def test_what_may_be_missed_is_noted_and_what_may_not_is_refused() -> None:
    street = "Building 17, Industrial Estate North, Second Gate, Left Hand Side, Loading Bay 44"
    result = shipped(name="Ann Lee", company="Acme", line1=street, country_code="GB")
    assert result.notes == ("ship_to: no room for 'Attn Ann Lee'",)
    assert " ".join(str(part) for part in block(result)[1:4]) == street
    refusal = refused(line1=street, line2="c/o the porter who is in on Mondays")
    assert (refusal.field, refusal.code) == ("ship_to.line1", "too_long")
    assert refused(postal_code="12345678901").field == "ship_to.postal_code"


@pytest.mark.parametrize(
    ("parts", "city", "state", "third_line"),
    [
        ({"country_code": "US", "region_code": "ca"}, "Springfield", "CA", None),
        ({"country_code": "us", "region_code": "US-CA"}, "Springfield", "CA", None),
        ({"country_code": "US", "region_name": "california"}, "Springfield", "CA", None),
        ({"country_code": "US", "region_code": "Calif."}, "Springfield", "CA", None),
        ({"country_code": "CA", "region_code": "Québec"}, "Springfield", "QC", None),
        ({"country_code": "BR", "region_code": "SP"}, "Springfield", "SP", None),
        ({"country_code": "GB", "region_name": "Essex"}, "Springfield, Essex", None, None),
        ({"country_code": "GB", "region_name": "Isle of Wight"}, "Springfield", None, "Isle of Wight"),
        ({"country_code": "DE"}, "Springfield", None, None),
    ],
)
def test_states_and_regions(parts: dict[str, str], city: str, state: str | None, third_line: str | None) -> None:
    result = shipped(LANE.model_copy(update={"states": {"Calif": "CA"}}), city="Springfield", **parts)
    assert (block(result)[1], *block(result)[4:6]) == (third_line, city, state)


def test_an_unknown_us_state_is_refused() -> None:
    refusal = refused(country_code="US", region_code="Jefferson")
    assert (refusal.field, refusal.value, refusal.code) == ("ship_to.region_code", "Jefferson", "unmapped")


@pytest.mark.parametrize(
    ("settings", "code", "expected"),
    [({}, "de", "DEU"), ({"country_codes": "alpha2"}, "DE", "DE"), ({"countries": {"DE": "GER"}}, "DE", "GER")],
)
def test_countries(settings: dict[str, object], code: str, expected: str) -> None:
    lane = LaneMapping.model_validate(LANE.model_dump() | settings)
    assert block(shipped(lane, country_code=code))[7] == expected


def test_an_unknown_country_is_refused() -> None:
    assert refused(country_code="XX").code == "unmapped"


def test_the_country_table_is_iso_3166() -> None:
    lines = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8").splitlines()
    codes = [text.split("\t")[0] for text in lines if not text.startswith("#")]
    written = {country_code(Address(country_code=code), LANE, "ship_to", Run(CONTEXT)) for code in codes}
    assert len(written) == len(codes) == 249
    assert all(code and len(code) == 3 for code in written)


def test_a_city_is_cut_with_a_note() -> None:
    result = shipped(city="San Miguel de Allende Guanajuato")
    assert block(result)[4] == "San Miguel de"
    assert result.notes == ("ship_to.city: 'San Miguel de Allende Guanajuato' is written 'San Miguel de'",)


@pytest.mark.parametrize(
    ("text", "written", "lost"),
    [
        ("Café Müller – “ß”", "Café Müller – “ß”", ""),
        ("Łódź", "Lódz", ""),
        ("Žižek Šimon", "Žižek Simon", ""),
        ("a\nb\u00a0c\u200b", "a b c", ""),
        ("Ann 😀 Lee", "Ann Lee", ""),
        ("ﬁve №7", "five No.7", ""),
        ("Иван 5", "???? 5", "Иван"),
    ],
)
def test_letters_by_the_rule(text: str, written: str, lost: str) -> None:
    spelling = spell(text)
    assert (spelling.text, spelling.lost) == (written, lost)
    assert spell(written).text == written


def test_new_spellings_are_noted_and_lost_letters_refused() -> None:
    result = shipped(city="Łódź")
    assert block(result)[4] == "Lódz"
    assert result.notes == ("ship_to.city: 'Łódź' is written 'Lódz'",)
    refusal = refused(line1="ул. Ленина 5")
    assert (refusal.field, refusal.code) == ("ship_to.line1", "characters")
