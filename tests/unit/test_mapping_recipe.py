"""The recipe for a new field mapping does what it says: its own YAML is loaded and run."""

import re
from pathlib import Path
from textwrap import dedent

from bridge.erp.sage100.dictionary import SageDictionary
from mappings import MappingSet
from tests.unit.mapping_samples import CONTEXT, LANE, order

_RECIPE = Path(__file__).parents[2] / "docs" / "recipes" / "add-a-field-mapping.md"


def test_the_recipes_overlay_adds_its_rows(tmp_path: Path) -> None:
    text = _RECIPE.read_text(encoding="utf-8")
    site = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    width = re.search(r"`(SO_SalesOrderHeader\.UDF_\w+) = (\d+)`", text)
    assert site
    assert width
    path = tmp_path / "site.yaml"
    path.write_text(dedent(site[1]), encoding="utf-8")
    mappings = MappingSet.load(LANE, SageDictionary.load("2025", {width[1]: int(width[2])}), [path])

    by_account = order(comments="Leave it at the side door")
    guest = by_account.customer.model_copy(update={"is_guest": True})
    header = mappings.map_order(by_account, CONTEXT).header
    assert header["UDF_BUYER_NOTE"] == "Leave it at the side door"
    assert "FOB" not in header
    assert "ConfirmTo" not in header
    assert mappings.map_order(by_account.model_copy(update={"customer": guest}), CONTEXT).header["FOB"] == "WEB"
