"""What a whole fleet writes into its logs: one shape, an order's way through all roles, and nobody's data."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fleets import FleetLab

PLANTED = {
    "name": "Zebulon Quixworth",
    "email": "zebulon.quix@planted.example.com",
    "phone": "5550199777",
    "street": "77 Plantedstone Lane",
    "comment": "the planted words of a buyer",
}
OF_THE_SERVER = "broker.log"
"""The embedded broker writes its own log, in its own format."""


@pytest.fixture
def lab(embedded: FleetLab) -> FleetLab:
    return embedded


def test_an_orders_way_can_be_read_in_the_logs_and_nobodys_data(lab: FleetLab) -> None:
    shop = lab.shops[0]
    good, guests, bad = lab.make(3, shop)
    for order in (good, guests, bad):
        plant(order)
    guests["customer"] |= {"id": None, "accountNumber": None, "isGuest": True}
    bad["purchaseOrderNumber"] = f"PO-{PLANTED['name']}" * 4
    lab.take([good, guests, bad], shop, unchecked=True)
    lab.settle(**{bad["id"]: "review"})

    lines = [line for _, line in logged(lab)]
    record = lab.ledger.record(good["id"])
    own = [line for line in lines if good["id"] in (*line.get("ids", ()), line.get("id"))]
    way = {(line["role"], line["event"], line.get("document"), line.get("target")) for line in own}
    assert {
        ("storefront.1", "records_moved", "order", "READY"),
        ("sage-writer.ABC", "records_moved", "order", "CLAIMED"),
        ("sage-writer.ABC", "records_moved", "order", "CONFIRMED"),
        ("storefront.1", "records_moved", "acknowledgement", "CONFIRMED"),
    } <= way
    [confirmed] = [line for line in own if (line.get("document"), line.get("target")) == ("order", "CONFIRMED")]
    assert record.number in confirmed["numbers"]
    assert (confirmed["task"], confirmed["subject"]) == ("batch.write", shop.lane)
    assert any(record.id in line["records"] for line in lines if line["event"] == "batch_written")
    [taken] = [line for line in own if line["event"] == "events_taken" and line["role"] == "intake.1"]
    event_id = taken["events"][taken["ids"].index(good["id"])]
    assert any(event_id in line["events"] for line in lines if line["event"] == "events_stored")
    [needed] = [line for line in lines if line["event"] == "record_needs_person" and line["id"] == bad["id"]]
    assert needed["field"]
    assert_discreet(lab)


def plant(order: dict[str, Any]) -> None:
    """Puts a person's data wherever an order holds such."""
    order["customer"] |= {"name": PLANTED["name"], "email": PLANTED["email"]}
    order["comments"] = PLANTED["comment"]
    for place in ("billTo", "shipTo"):
        of_buyer = {"name": PLANTED["name"], "phone": PLANTED["phone"], "email": PLANTED["email"]}
        order[place] = {**order[place], **of_buyer, "line1": PLANTED["street"]}


def logged(lab: FleetLab) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every line of every role's log, with its file; a line that is no JSON fails."""
    for path in sorted((lab.stage.settings.run_folder / "logs").glob("*.log")):
        if path.name != OF_THE_SERVER:
            for line in path.read_text(encoding="utf-8").splitlines():
                assert line.startswith("{"), f"{path.name}: {line}"
                yield path, json.loads(line)


def assert_discreet(lab: FleetLab) -> None:
    secret = lab.stage.plan.secret
    for path in (lab.stage.settings.run_folder / "logs").glob("*.log"):
        text = path.read_text(encoding="utf-8")
        found = [each for each in (*PLANTED.values(), secret) if each.casefold() in text.casefold()]
        assert found == [], f"{path.name} holds {found}"
