"""A mapping that writes a field against its owner is refused when it is loaded, with file, line, field and owner."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.erp.sage100.dictionary import SageDictionary
from bridge.errors import Misconfigured
from bridge.flows.item import ItemRules
from bridge.flows.stock import StockRules
from bridge.ports.reading import ErpRow
from mappings import MappingSet
from mappings.item import ItemView
from mappings.ownership import Owner, Ownership, ownership
from mappings.stock import StockView
from tests.unit.mapping_samples import LANE


def written(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("field", ["name", "description", "barcode"])
def test_content_is_not_set_by_sage(tmp_path: Path, field: str) -> None:
    overlay = written(tmp_path, f"document: item\nrows:\n  - {{to: {field}, from: ItemCodeDesc}}\n")
    with pytest.raises(Misconfigured, match=rf"site.yaml:3: {field} of item is the storefront's, and nothing"):
        ItemView(LANE, ItemRules(), [overlay])


@pytest.mark.parametrize(
    ("document", "scope", "column", "field"),
    [
        ("customer", "header", "CreditLimit", "credit_limit"),
        ("customer", "header", "CreditHold", "is_on_hold"),
        ("customer", "header", "PriceLevel", "price_list_code"),
        ("customer", "header", "CurrentBalance", "balance"),
        ("order", "header", "CurrentInvoiceNo", "invoiced"),
        ("order", "lines", "QuantityShipped", "shipped"),
        ("order", "lines", "UnitCost", "cost"),
    ],
)
def test_what_is_sages_alone_is_not_written(tmp_path: Path, document: str, scope: str, column: str, field: str) -> None:
    overlay = written(tmp_path, f"document: {document}\n{scope}:\n  - {{to: {column}, default: 1}}\n")
    with pytest.raises(Misconfigured, match=rf"site.yaml:3: {column} is {field} of {document}, which is the erp's"):
        MappingSet.load(LANE, SageDictionary.load("2023"), [overlay])


def test_one_list_of_overlays_serves_every_mapping_of_a_lane(tmp_path: Path) -> None:
    """Each takes those of its own document: what is wrong in one of items is said once, by the items' mapping."""
    overlay = written(tmp_path, "document: item\nrows:\n  - {to: uom, from: SalesUnitOfMeasure}\n")
    MappingSet.load(LANE, SageDictionary.load("2023"), [overlay])
    StockView(LANE, StockRules(), [overlay])
    row = {"ItemCode": "AXE", "InactiveItem": "N", "StandardUnitOfMeasure": "EACH", "SalesUnitOfMeasure": "BOX"}
    [figure] = ItemView(LANE, ItemRules(), [overlay]).figures([ErpRow("AXE", row)], datetime.now(UTC))
    assert figure.document.model_dump()["uom"] == "BOX"
    with pytest.raises(Misconfigured, match="cannot be read"):
        MappingSet.load(LANE, SageDictionary.load("2023"), [tmp_path / "none.yaml"])


def test_a_grey_zone_may_be_written_when_the_document_is_made(tmp_path: Path) -> None:
    overlay = written(tmp_path, "document: customer\nheader:\n  - {to: TermsCode, default: '09'}\n")
    MappingSet.load(LANE, SageDictionary.load("2023"), [overlay])
    claim = ownership().claim("terms", "terms")
    assert claim is not None
    assert (claim.owner, claim.rule) == (Owner.ERP, "created from the storefront")


def test_a_document_that_the_table_does_not_know_is_left_alone() -> None:
    assert ownership().outward_objection("weather", "wind") is None
    assert ownership().inward_objection("weather", "Wind") is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: {documents: [a], fields: {x: nobody}}", r"fields.x.owner: Input should be 'erp' or 'storefront'"),
        ("a: {documents: [a], fields: {x: {owner: erp, rule: whim}}}", r"no rule is called 'whim'; there are created"),
        ("a: {documents: [a], fields: [x]}", r"own.yaml: fields: "),
        ("a: {documents: [d], fields: {}}\nb: {documents: [d], fields: {}}", r"own.yaml: document d stands here twice"),
        (
            "a: {documents: [a], fields: {x: {owner: erp, columns: [C]}, y: {owner: erp, columns: [C]}}}",
            r"own.yaml: column C of a stands here twice",
        ),
    ],
)
def test_a_table_that_is_wrong_is_said_so(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(Misconfigured, match=complaint):
        Ownership.load(path)
