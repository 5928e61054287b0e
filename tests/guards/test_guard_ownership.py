"""Every field that is shown has an owner, and every mapping that is shipped writes only what it may."""

import pytest

from bridge.erp.sage100.dictionary import SageDictionary
from bridge.flows.showing import SHOWABLES
from bridge.ports.erp import CUSTOMER, ORDER
from bridge.shown import Shown
from mappings.ownership import RULES, Owner, ownership

TABLES = {ORDER: ("SO_SalesOrderHeader", "SO_SalesOrderDetail"), CUSTOMER: ("AR_Customer",)}


@pytest.mark.parametrize("shown", list(Shown))
def test_every_field_of_a_shown_document_has_an_owner(shown: Shown) -> None:
    fields = SHOWABLES[shown].document.model_fields
    assert [name for name in fields if ownership().claim(shown.value, name) is None] == []


@pytest.mark.parametrize("document", TABLES)
def test_every_column_that_the_table_names_is_one_of_sages(document: str) -> None:
    dictionary = SageDictionary.load("2023")
    known = {column for table in TABLES[document] for column in dictionary.table(table).columns}
    claims = ownership().claims(document)
    assert [column for claim in claims.values() for column in claim.columns if column not in known] == []


def test_every_rule_is_used() -> None:
    used = {claim.rule for document in TABLES for claim in ownership().claims(document).values()}
    assert used >= set(RULES)


def test_the_storefront_keeps_what_is_its_own() -> None:
    owners = {field: claim.owner for field, claim in ownership().claims(Shown.ITEM.value).items()}
    assert {field for field, owner in owners.items() if owner is Owner.STOREFRONT} >= {"name", "description"}
