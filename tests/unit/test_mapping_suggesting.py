"""Remedies are few, near, and say why they are offered."""

import random
import string

import pytest

from bridge.documents import Address, Customer
from mappings.suggesting import KnownCustomer, _distance, likely, nearest, shortened
from tests.unit.mapping_samples import order

ITEMS = ["TG-1000", "TG-1001", "TG-1010", "BALL-VALVE-12", "BALL-VALVE-34", "HOSE", "HOSE-25MM", "A-1"]


@pytest.mark.parametrize(
    ("wanted", "first", "why"),
    [
        ("tg1000", "TG-1000", "is the same but for signs or case"),
        ("TG-10010", "TG-1001", "differs in one letter"),
        ("BALL-VLAVE-12", "BALL-VALVE-12", "differs in one letter"),
        ("BAL-VALVE-1", "BALL-VALVE-12", "differs in two letters"),
        ("HOSE-25", "HOSE-25MM", "differs in two letters"),
        ("HOSE-25MM-BLUE", "HOSE-25MM", "is how it begins"),
        ("BALLVALVE", "BALL-VALVE-12", "differs in two letters"),
    ],
)
def test_the_nearest_comes_first_with_the_reason(wanted: str, first: str, why: str) -> None:
    found = nearest(wanted, ITEMS)
    assert (found[0].value, found[0].why) == (first, why)
    assert len(found) <= 3


def test_what_is_like_nothing_has_no_remedy() -> None:
    assert nearest("ZZ-9", ITEMS) == []
    assert nearest("A-29", ITEMS) == [], "of a short name half is no likeness"
    assert nearest("--", ITEMS) == []


def test_quick_look_leaves_no_near_name_out() -> None:
    rng = random.Random(5)
    for _ in range(300):
        name = "".join(rng.choices(string.ascii_uppercase, k=rng.randint(6, 12)))
        letters = list(name)
        for _ in range(2):
            at = rng.randrange(len(letters))
            letters[at : at + 1] = rng.choice([[], [rng.choice("XYZ"), letters[at]], [rng.choice("XYZ")]])
        wanted = "".join(letters)
        off = _distance(wanted.casefold(), name.casefold())
        if off and len(wanted) >= 6:
            assert [each.value for each in nearest(wanted, [name])] == ([name] if off <= 2 else []), (wanted, name)


def buyer(number: str, *, email: str | None = None, name: str = "Other", postal_code: str = "1") -> KnownCustomer:
    customer = Customer(
        source_id=number, site_id="main", name=name, email=email, address=Address(postal_code=postal_code)
    )
    return KnownCustomer(number, customer)


def test_a_buyer_is_known_by_mail_then_by_name_with_postal_code() -> None:
    known = [
        buyer("NAMESAKE", name="ACME, Inc", postal_code="78701"),
        buyer("ELSEWHERE", name="Acme Inc.", postal_code="10001"),
        buyer("MAIL", email="Ann@Acme.example"),
    ]
    found = [(each.value, each.why) for each in likely(order(), known)]
    assert found == [
        ("MAIL", "has the buyer's e-mail address"), ("NAMESAKE", "has the buyer's name and postal code"),
    ]  # fmt: skip
    assert likely(order(), [known[1]]) == []


def test_a_text_is_cut_at_a_word_where_there_is_one() -> None:
    assert shortened("Miller & Sons Machine Works", lambda text: len(text) <= 16) == "Miller & Sons"
    assert shortened("Miller & Sons", lambda text: len(text) <= 8) == "Miller"
    assert shortened("Llanfairpwll", lambda text: len(text) <= 5) == "Llanf"
    assert shortened("Kraków Škoda", lambda text: len(text) <= 40) == "Kraków Skoda"
    assert shortened("Miller", lambda _text: False) is None
    assert shortened("Пётр", lambda _text: True) is None, "nobody but a person can spell it"
    assert shortened("  ", lambda _text: True) is None
