"""Orders at the desk: found by any id, listed a page at a time, traced to the end, masked by role."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bridge.documents.customer import NO_ACCOUNT
from bridge.ledger.intake import take
from bridge.ledger.moves import revise
from bridge.ledger.rows import Reason
from bridge.ledger.store import Database
from bridge.states import State
from tests.builders import NOW, a_customer, an_arrival, an_order, the
from tests.desk_rig import DeskRig, a_desk_rig
from tests.ledger_walks import change, walk, write_all

TOO_LONG = Reason("rejected", "Ann Example is too long", field="ship_to.name", value="Ann Example")


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[DeskRig]:
    with a_desk_rig(sqlite_database) as made:
        made.log_in("olaf")
        yield made


def listed(desk: DeskRig, query: str) -> list[str]:
    """The orders on one page of the list."""
    page = desk.browser.get(f"/orders?{query}")
    assert page.status_code == 200, page.text
    return re.findall(r'<th scope="row"><a href="/orders/\d+">([^<]+)</a>', page.text)


def test_an_order_is_found_by_each_of_its_ids_and_its_whole_way_is_told(desk: DeskRig) -> None:
    customer = a_customer(desk.database, "c1")
    order = an_order(desk.database, "ord_1", customer=customer, order_number="100234")
    take(desk.database, [an_arrival("ord_1", event_id="evt_77")], [], by="test", now=NOW)
    write_all(desk.database)
    order = the(desk.database, order)
    for wanted in ("100234", "ord_1", order.number, "evt_77", order.stamp.partition(":")[2]):
        answer = desk.browser.get(f"/orders?q={wanted}")
        assert answer.url.path == f"/orders/{order.id}", wanted
    told = desk.get(f"/orders/{order.id}")
    assert f"CONFIRMED as {order.number}" in told
    assert "storefront 20.00 USD, Sage 20.00 USD, difference 0.00 USD" in told
    assert "record 1 (CONFIRMED), number 0000101" in " ".join(told.split())
    assert "not read back yet" in told
    for part in ("Journal", "Events", "Batches and windows", "What followed", "evt_77", "acknowledgement"):
        assert part in told


@pytest.mark.parametrize("text", ["PO 555", "po 555", "ann@shop.example", "100%_sure"])
def test_what_is_no_id_is_looked_for_in_the_newest_orders(desk: DeskRig, text: str) -> None:
    an_order(desk.database, "1")
    wanted = an_order(desk.database, "2", content=json.dumps({"po": "PO 555", "mail": "ann@shop.example 100%_sure"}))
    page = desk.browser.get("/orders", params={"q": text})
    assert f'/orders/{wanted.id}"' in page.text
    assert '/orders/1"' not in page.text
    assert "were looked through for this text" in page.text


def test_a_text_that_stands_nowhere_is_said_to(desk: DeskRig) -> None:
    an_order(desk.database, "1", content="{}")
    assert "it stands in none of them" in desk.get("/orders?q=%25")


def test_a_guest_is_found_by_his_e_mail_and_leads_to_his_orders(desk: DeskRig) -> None:
    guest = a_customer(desk.database, f"{NO_ACCOUNT[0]}ann@shop.example")
    order = an_order(desk.database, "7", customer=guest)
    an_order(desk.database, "8")
    page = desk.browser.get("/orders", params={"q": "Ann@shop.example"})
    assert f'href="/orders?customer={guest.id}"' in page.text
    assert listed(desk, f"customer={guest.id}") == [order.order_number]


def test_the_list_narrows_by_lane_and_state_and_leaves_out_what_is_no_order(desk: DeskRig) -> None:
    a_customer(desk.database)
    for number in range(4):
        an_order(desk.database, f"{number}")
    walk(desk.database, the(desk.database, 3), State.REVIEW)
    assert listed(desk, "") == ["3", "2", "1", "0"]
    assert listed(desk, "state=REVIEW&lane=sage100:ABC") == ["1"]
    assert listed(desk, "state=DEAD") == []
    for query in ("state=NONE", "lane=none", "before=x", "before=1~yesterday", "customer=x"):
        assert desk.browser.get(f"/orders?{query}").status_code == 404, query


@pytest.mark.parametrize("query", ["", "state=REVIEW", "state=CONFIRMED", "customer=1", "state=REVIEW&customer=1"])
def test_pages_follow_each_other_without_gap_or_repeat(desk: DeskRig, query: str) -> None:
    customer = a_customer(desk.database)
    state = State.CONFIRMED if "CONFIRMED" in query else State.REVIEW
    for number in range(120):
        order = an_order(desk.database, f"{number}", customer=customer)
        with desk.database.write() as connection:  # several change at one moment, as those of one batch do
            revise(connection, order, {"state": state.value}, NOW + timedelta(minutes=number // 7))
    seen: list[str] = []
    place = f"/orders?{query}"
    while place:
        seen += listed(desk, place.partition("?")[2])
        found = re.search(r'class="paging"><a href="([^"]+)"', desk.browser.get(place).text)
        place = found[1].replace("&amp;", "&") if found else ""
    assert seen == [f"{number}" for number in reversed(range(120))]


def test_a_ready_order_says_when_it_should_be_in_sage(desk: DeskRig) -> None:
    order = an_order(desk.database, "1")
    assert "in the window of 2026-03-02 15:15:00Z" in desk.get(f"/orders/{order.id}")
    change(desk.database, order, due_at=NOW + timedelta(hours=2, minutes=1))
    assert "in the window of 2026-03-02 17:15:00Z" in desk.get(f"/orders/{order.id}")
    assert "2026-03-02 17:15:00Z" in desk.get("/orders")


def test_who_may_only_look_reads_no_personal_data_anywhere(desk: DeskRig) -> None:
    body = json.dumps({"customer": {"name": "Ann Example", "email": "ann@shop.example"}, "orderNumber": "1"}).encode()
    order = an_order(desk.database, "1", content=body.decode(), mapped='{"header": {"ShipToName": "Ann Example"}}')
    walk(desk.database, order, State.REVIEW, TOO_LONG)
    take(desk.database, [an_arrival("1", event_id="evt_9", body=body)], [], by="test", now=NOW)
    viewer = desk.another_browser()
    viewer.log_in("vera")
    for path in (f"/orders/{order.id}/raw", f"/orders/{order.id}", f"/parts/orders/{order.id}", "/orders"):
        assert "ann@shop.example" not in viewer.get(path), path
        if path != "/orders":
            assert "Ann Example" not in viewer.get(path), path
    assert desk.get(f"/orders/{order.id}/raw").count("Ann Example") == 3
    assert "ship_to.name is Ann Example" in re.sub(r"\s+", " ", desk.get(f"/orders/{order.id}"))


def test_what_comes_from_outside_is_no_markup(desk: DeskRig) -> None:
    evil = "<script>alert(1)</script>"
    order = an_order(desk.database, "1", order_number=evil, content=json.dumps({"note": evil}))
    for path in ("/orders", f"/orders/{order.id}", f"/orders/{order.id}/raw", f"/orders?q={evil}"):
        assert "<script>" not in desk.browser.get(path).text, path


@pytest.mark.parametrize("path", ["/orders/99", "/orders/99/raw", "/orders/x", "/parts/orders/99"])
def test_what_is_not_there_is_said_to_be_missing(desk: DeskRig, path: str) -> None:
    assert desk.browser.get(path).status_code == 404
