"""From settings to the way of taking accounts: each site its rule, in the lane that its orders go to."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.documents import Address, Customer
from bridge.flows.registrations import Registration
from mappings import MapContext, MappingSet
from workers.settings import Settings
from workers.wiring import registering_of, settling_of

LANE, OTHER = "sage100:ABC", "sage100:XYZ"
ACCOUNT = Customer(
    source_id="c1",
    site_id="main",
    name="Acme",
    address=Address(line1="1 Main Street", city="Austin", region_code="TX", postal_code="78701", country_code="US"),
)


def settings(registrations: dict[str, str], **mapping: Any) -> Settings:
    connection = {"site": {"base_url": "http://127.0.0.1:1"}, "lanes": {"main": LANE, "b2b": LANE, "uk": OTHER}}
    return Settings.model_validate(
        {
            "broker": {"url": "redis://127.0.0.1:1/0"},
            "ledger": {"url": "sqlite://"},
            "connections": {"shop": {**connection, "registrations": registrations}},
            "systems": {"sage100": {"agent": {"url": "http://127.0.0.1:1", "api_key": "none"}}},
            "lanes": {LANE: {"mapping": mapping}, OTHER: {}},
        }
    )


def terms_code(mapping: MappingSet) -> object:
    """What a new customer's terms are by this mapping."""
    return mapping.map_customer(ACCOUNT, MapContext(customer_number="ACME")).header.get("TermsCode")


def test_a_lane_has_the_rules_of_its_own_sites() -> None:
    made = settings({"main": "approve", "uk": "create"})
    assert registering_of(made, LANE, made.lanes[LANE]).rules == {("shop", "main"): Registration.APPROVE}
    assert registering_of(made, OTHER, made.lanes[OTHER]).rules == {("shop", "uk"): Registration.CREATE}
    assert settling_of(made, LANE, made.lanes[LANE]).approving == {("shop", "main")}
    assert settling_of(made, OTHER, made.lanes[OTHER]).approving == frozenset()


@pytest.mark.parametrize(
    ("mapping", "provisional"),
    [({}, None), ({"terms_code": "30"}, "30"), ({"terms_code": "30", "provisional_terms_code": "01"}, "01")],
)
def test_who_registers_gets_provisional_terms_and_other_buyers_do_not(
    mapping: dict[str, str], provisional: str | None
) -> None:
    made = settings({"main": "create"}, **mapping)
    registering = registering_of(made, LANE, made.lanes[LANE])
    assert terms_code(registering.provisional) == provisional
    assert terms_code(registering.mapping) == mapping.get("terms_code")


def test_a_rule_for_a_site_without_a_lane_is_refused() -> None:
    with pytest.raises(ValidationError, match="registrations names 'mian', which has no lane"):
        settings({"mian": "create"})
