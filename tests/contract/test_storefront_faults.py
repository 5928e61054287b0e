"""The Clarity adapter under the faults of reference clarity.md 2.11: a real site and its fault list."""

from contextlib import closing, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.errors import Misconfigured, Refused, TryLater, Uncertain
from bridge.ports.storefront import Wanted
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.reading import Reading
from bridge.storefront.clarity.telling import Telling
from sandbox.orders import make_orders
from tests.contract.storefront_contract import accepted, move, seen
from tests.contract.storefront_sites import LANE, Opener, SandboxShop, SiteProcess, profile_file, watched


def test_an_expired_cursor_starts_again_where_it_was(shop: SandboxShop) -> None:
    since = datetime.now(UTC)
    ids = [shop.place()[0] for _ in range(7)]
    shop.process.fault("cursor_expired", count=1)
    pages = list(shop.storefront.changed_since(since))
    assert shop.process.struck("cursor_expired") == 1
    assert set(ids) <= seen(pages)
    assert [page.is_last for page in pages].count(True) == 1
    assert pages[-1].watermark is not None
    assert pages[-1].watermark < since


def test_cursors_that_always_expire_do_not_keep_us_for_ever(shop: SandboxShop) -> None:
    since = datetime.now(UTC)
    shop.place(7)  # all at one moment, so that the change time cannot get us further
    shop.process.fault("cursor_expired")
    with pytest.raises(TryLater, match="expire"):
        list(shop.storefront.changed_since(since))


def test_money_as_numbers_is_read_from_the_token(shop: SandboxShop) -> None:
    body = make_orders(9, 1, first_number=900_001)[0]
    [order_id] = shop.place_bodies([body])
    shop.process.fault("number_money")
    [read] = shop.storefront.read_orders([Wanted(order_id)])
    assert read.order is not None, read.problem
    assert read.order.totals.total == Decimal(body["totals"]["total"]["amount"])
    assert [line.unit_price for line in read.order.lines] == [
        Decimal(line["unitPrice"]["amount"]) for line in body["lines"]
    ]


def test_a_status_never_seen_is_read_as_it_stands(shop: SandboxShop) -> None:
    [order_id] = shop.place()
    shop.process.fault("unknown_enum")
    [read] = shop.storefront.read_orders([Wanted(order_id)])
    assert read.order is not None
    assert read.order.status == "AwaitingTide"


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_passing_fault_is_tried_again_inside_the_call(shop: SandboxShop, status: int) -> None:
    [order_id] = shop.place()
    shop.process.fault("server_error", count=2, value=status)
    shop.storefront.acknowledge(accepted(order_id))
    assert shop.order(order_id)["told"] == [(LANE, "accepted")]


def test_a_lasting_fault_is_later_for_a_read_and_uncertain_for_a_write(shop: SandboxShop) -> None:
    [order_id] = shop.place()
    shop.process.fault("server_error")
    with pytest.raises(TryLater):
        shop.storefront.read_orders([Wanted(order_id)])
    assert shop.process.struck("server_error") == 3
    with pytest.raises(Uncertain):
        shop.storefront.acknowledge(accepted(order_id))


def test_a_write_once_in_doubt_stays_in_doubt(shop: SandboxShop) -> None:
    """The first try breaks the site, the second finds the order locked: the first may have taken effect."""
    [order_id] = shop.place()
    shop.process.fault("server_error", count=1)
    shop.process.fault("locked", count=1, value=7)
    with pytest.raises(Uncertain, match="500"):
        shop.storefront.acknowledge(accepted(order_id))
    assert shop.process.struck("locked") == 1


def test_a_time_out_after_the_commit_is_uncertain_and_told_once(shop: SandboxShop) -> None:
    [order_id] = shop.place()
    shop.lose_next_answer()
    with pytest.raises(Uncertain, match="same key"):
        shop.storefront.acknowledge(accepted(order_id))
    assert shop.process.struck("lost_answer") == 1
    assert shop.order(order_id)["told"] == [(LANE, "accepted")]
    shop.storefront.acknowledge(accepted(order_id))
    assert shop.order(order_id)["told"] == [(LANE, "accepted")]


def test_half_an_answer_is_read_again_but_not_written_again(shop: SandboxShop) -> None:
    [order_id] = shop.place()
    shop.process.fault("truncated", count=1)
    [read] = shop.storefront.read_orders([Wanted(order_id)])
    assert read.order is not None
    shop.process.fault("truncated", count=1)
    with pytest.raises(Uncertain, match="not JSON"):
        shop.storefront.acknowledge(accepted(order_id))


def test_an_answer_that_dribbles_is_given_up(shop: SandboxShop) -> None:
    [order_id] = shop.place()
    shop.process.fault("slow_body", count=1, value=1.5, path="/orders/")
    with pytest.raises(TryLater, match="Timeout"):
        shop.storefront.read_orders([Wanted(order_id)])


def test_an_answer_larger_than_allowed_is_not_read(open_shop: Opener) -> None:
    shop = open_shop(max_body_bytes=900)
    [order_id] = shop.place()
    with pytest.raises(Misconfigured, match="max_body_bytes = 900"):
        shop.storefront.read_orders([Wanted(order_id)])


def test_an_order_locked_in_the_back_office_waits(shop: SandboxShop) -> None:
    [order_id] = shop.place()
    shop.process.fault("locked", count=1, value=7)
    with pytest.raises(TryLater) as told:
        move(shop, order_id, "Processing", "key")
    assert told.value.after_s == 7


@pytest.mark.parametrize(("edits", "moves"), [(3, True), (4, False)])
def test_a_change_by_somebody_else_is_read_again_three_times(shop: SandboxShop, edits: int, moves: bool) -> None:
    [order_id] = shop.place()
    left = list(range(edits))

    def edit_first(method: str, _path: str) -> None:
        if method == "PATCH" and left:
            shop.edit(order_id, f"edit {left.pop()}")

    with watched(shop.process, edit_first) as (client, _):
        telling = Telling(client, load_profile("clarity-v1"), "clarity")
        with nullcontext() if moves else pytest.raises(TryLater, match="changed by others"):
            telling.set_status(order_id, "Processing", None, "key")
    assert (shop.order(order_id)["status"] == "Processing") is moves


def test_many_wanted_orders_take_one_list_call(shop: SandboxShop) -> None:
    since = datetime.now(UTC)
    ids = shop.place(40)
    with watched(shop.process) as (client, transport):
        reads = Reading(client, load_profile("clarity-v1"), "main").orders([Wanted(each, since) for each in ids])
    assert [read.source_id for read in reads] == ids
    assert transport.sent == ["POST /oauth/token", "GET /api/v1/orders"]


def test_an_answer_about_another_order_is_a_problem_of_the_one_asked_for(shop: SandboxShop) -> None:
    [order_id] = shop.place()
    profile = load_profile("clarity-v1")
    names = {**profile.naming.map, "order.sourceId": "orderNumber"}
    misled = profile.model_copy(update={"naming": profile.naming.model_copy(update={"map": names})})
    with watched(shop.process) as (client, _):
        [read] = Reading(client, misled, "main").orders([Wanted(order_id)])
    assert (read.source_id, read.order, read.field) == (order_id, None, "orderNumber")


def test_an_old_hint_does_not_make_us_walk_the_whole_list(shop: SandboxShop) -> None:
    """With 3 orders a page and 4 wanted, two pages are tried; what they do not show is asked for one by one."""
    since = datetime.now(UTC)
    shop.place(30)
    ids = shop.place(4)
    profile = load_profile("clarity-v1")
    small = profile.model_copy(update={"limits": profile.limits.model_copy(update={"page_size": 3})})
    with watched(shop.process) as (client, transport):
        reads = Reading(client, small, "main").orders([Wanted(each, since) for each in ids])
    assert [read.source_id for read in reads] == ids
    assert transport.sent.count("GET /api/v1/orders") == 2
    assert len(transport.sent) == 1 + 2 + 4


def test_a_site_without_keys_is_asked_before_it_is_told_again(minimal_site: SiteProcess, tmp_path: Path) -> None:
    with closing(SandboxShop(minimal_site, profile_file(tmp_path, "clarity-minimal"))) as shop:
        [order_id] = shop.place()
        with watched(minimal_site) as (client, transport):
            telling = Telling(client, load_profile("clarity-minimal"), "clarity")
            for _ in range(2):
                telling.acknowledge(accepted(order_id))
        assert [line.split()[0] for line in transport.sent] == ["GET", "POST", "GET"]
        assert shop.order(order_id)["told"] == [(LANE, "accepted")]


def test_an_order_reads_the_same_by_list_and_by_id(minimal_site: SiteProcess, tmp_path: Path) -> None:
    since = datetime.now(UTC)
    with closing(SandboxShop(minimal_site, profile_file(tmp_path, "clarity-minimal"))) as shop:
        [order_id] = shop.place()
        [by_id] = shop.storefront.read_orders([Wanted(order_id)])
        by_list = [read for page in shop.storefront.changed_since(since) for read in page.orders]
    assert by_id in by_list


def test_an_id_that_is_none_never_reaches_a_path(shop: SandboxShop) -> None:
    [read] = shop.storefront.read_orders([Wanted("../customers/1")])
    assert (read.order, read.is_gone) == (None, False)
    with pytest.raises(Refused, match="letters"):
        move(shop, "..", "Processing", "key")


def test_a_reference_without_its_lane_is_refused(shop: SandboxShop) -> None:
    [order_id] = shop.place()
    with pytest.raises(Refused) as refusal:
        shop.storefront.set_status(order_id, status="Processing", external_ref="0000123", idempotency_key="key")
    assert (refusal.value.field, refusal.value.value) == ("external_ref", "0000123")
