"""What every storefront must do with what the ERP owns. A subclass gives a `Shop`."""

from abc import ABC, abstractmethod
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import OrderStatus, PriceFigure, Shipment, StockFigure
from bridge.documents.base import Document
from bridge.errors import Throttled, Unreachable
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.ports.showing import UNCHANGED, Publication, key_of
from tests.contract.storefront_contract import Shop
from tests.contract.storefront_showables import (
    CREATED,
    FIRST,
    LATER,
    NOW,
    REFUSED,
    changed,
    invoice,
    item,
    new_order,
    new_sku,
    price,
    publish,
    receipt,
    shipment,
    status,
    stock,
)

CHANGING = sorted(FIRST.keys() & LATER.keys())
COMING_BACK = [name for name in CHANGING if name not in {"stock", "status"}]
"""Stock has its time, and an order goes one way only."""


class ShowcaseContract(ABC):
    """Promises of `bridge.ports.showing.Showcase`."""

    @pytest.fixture
    @abstractmethod
    def shop(self, *_: Any) -> Shop:
        """A site; it may hold and show other things already."""

    @pytest.mark.parametrize("name", FIRST)
    def test_what_is_shown_once_is_read_back_whole(self, shop: Shop, name: str) -> None:
        document = FIRST[name](shop)
        publication = publish(document)
        [line] = shop.storefront.show([publication])
        assert (line.record_id, line.outcome, line.text) == (publication.record_id, Outcome.CONFIRMED, None)
        assert read_back(shop, document) == document
        assert [shop.count(CREATED[name], key_of(document))] == [1] if name in CREATED else True

    @pytest.mark.parametrize("name", FIRST)
    def test_shown_twice_changes_nothing(self, shop: Shop, name: str) -> None:
        document = FIRST[name](shop)
        publication = publish(document)
        shop.storefront.show([publication])
        [line] = shop.storefront.show([publication])
        assert (line.outcome, line.text) == (Outcome.CONFIRMED, UNCHANGED)
        assert read_back(shop, document) == document

    @pytest.mark.parametrize("name", CHANGING)
    def test_a_later_state_takes_the_place_of_the_first(self, shop: Shop, name: str) -> None:
        document = FIRST[name](shop)
        shop.storefront.show([publish(document)])
        later = changed(document, **LATER[name])
        [line] = shop.storefront.show([publish(later, version=2)])
        assert (line.outcome, line.text) == (Outcome.CONFIRMED, None)
        assert read_back(shop, document) == later
        [line] = shop.storefront.show([publish(later, version=2)])
        assert (line.outcome, line.text) == (Outcome.CONFIRMED, UNCHANGED)
        assert [shop.count(CREATED[name], key_of(document))] == [1] if name in CREATED else True

    @pytest.mark.parametrize("name", COMING_BACK)
    def test_a_first_state_that_comes_back_is_shown_again(self, shop: Shop, name: str) -> None:
        """An answer that the site keeps under a key must not stand in for the write."""
        first = FIRST[name](shop)
        later = changed(first, **LATER[name])
        for version, document in enumerate((first, later, first), 1):
            shop.storefront.show([publish(document, version=version)])
        assert read_back(shop, first) == first

    @pytest.mark.parametrize("name", FIRST)
    def test_a_refused_one_does_not_fail_the_others(self, shop: Shop, name: str) -> None:
        documents = [FIRST[name](shop), REFUSED[name](shop), FIRST[name](shop)]
        publications = [publish(each) for each in documents]
        lines = by_record(shop.storefront.show(publications))
        outcomes = [lines[each.record_id].outcome for each in publications]
        assert outcomes == [Outcome.CONFIRMED, Outcome.REJECTED, Outcome.CONFIRMED]
        refusal = lines[publications[1].record_id]
        assert refusal.text
        assert refusal.field
        assert refusal.value
        assert read_back(shop, documents[2]) == documents[2]

    @pytest.mark.parametrize("name", ["stock", "list price", "terms", "status", *CREATED])
    def test_a_lost_answer_is_uncertain_and_the_repeat_takes_no_second_effect(self, shop: Shop, name: str) -> None:
        document = FIRST[name](shop)
        publication = publish(document)
        shop.lose_next_answer()
        [line] = shop.storefront.show([publication])
        assert line.outcome is Outcome.UNCERTAIN
        [line] = shop.storefront.show([publication])
        assert (line.outcome, line.text) == (Outcome.CONFIRMED, UNCHANGED)
        assert read_back(shop, document) == document
        assert [shop.count(CREATED[name], key_of(document))] == [1] if name in CREATED else True

    @pytest.mark.parametrize("name", CREATED)
    def test_what_the_site_may_know_under_another_key_is_read_back_first(self, shop: Shop, name: str) -> None:
        document = FIRST[name](shop)
        [first] = shop.storefront.show([publish(document)])
        [line] = shop.storefront.show([publish(document, key="tomorrow's key", may_be_known=True)])
        assert (line.outcome, line.text, line.number) == (Outcome.CONFIRMED, UNCHANGED, first.number)
        assert first.number
        assert shop.count(CREATED[name], key_of(document)) == 1

    @pytest.mark.parametrize("name", FIRST)
    def test_a_rate_limit_leaves_every_publication_for_later(self, shop: Shop, name: str) -> None:
        publications = [publish(FIRST[name](shop)) for _ in range(2)]
        shop.refuse_next(after_s=20)
        lines = shop.storefront.show(publications)
        assert [line.outcome for line in lines] == [Outcome.THROTTLED] * 2

    def test_a_refused_log_on_and_no_connection_are_outcomes_of_each(self, shop: Shop) -> None:
        publications = [publish(stock(shop)), publish(stock(shop))]
        lines = shop.out_of_reach().show(publications)
        assert [line.outcome for line in lines] == [Outcome.UNAVAILABLE] * 2
        shop.refuse_logon()
        lines = shop.storefront.show(publications)
        assert [line.outcome for line in lines] == [Outcome.UNAUTHORISED] * 2

    def test_an_older_stock_figure_gives_way(self, shop: Shop) -> None:
        figure = stock(shop)
        shop.storefront.show([publish(figure)])
        older = changed(figure, available="99", as_of=NOW - timedelta(minutes=5))
        [line] = shop.storefront.show([publish(older, version=2)])
        assert line.outcome is Outcome.CONFIRMED
        assert "newer" in (line.text or "")
        assert read_back(shop, figure) == figure

    def test_the_three_prices_of_an_item_stand_side_by_side(self, shop: Shop) -> None:
        standard = price(shop, list_price="9")
        listed = changed(standard, price_list_code="GOLD", list_price="8")
        lines = shop.storefront.show([publish(listed), publish(standard)])
        assert {line.outcome for line in lines} == {Outcome.CONFIRMED}
        keys = [key_of(standard), key_of(listed), f"{standard.sku}@SILVER"]
        assert shop.storefront.shown(PriceFigure, keys) == {keys[0]: standard, keys[1]: listed}

    def test_many_are_read_back_at_once_and_what_is_not_there_is_absent(self, shop: Shop) -> None:
        figures = [stock(shop, available=str(number)) for number in range(8)]
        shop.storefront.show([publish(each) for each in figures])
        asked = [key_of(each) for each in figures]
        found = shop.storefront.shown(StockFigure, [*asked, f"{new_sku(shop)}@000"])
        assert found == dict(zip(asked, figures, strict=True))

    def test_a_status_moves_once_with_one_mail(self, shop: Shop) -> None:
        document = status(shop)
        for key in ("one", "two"):
            shop.storefront.show([publish(document, key=key)])
        now = shop.order(document.order_id)
        assert (now["status"], now["version"], now["mails"]) == ("Processing", 2, 1)

    def test_an_illegal_move_is_refused_with_its_word(self, shop: Shop) -> None:
        document = status(shop, "Cancelled")
        shop.storefront.show([publish(document)])
        back = OrderStatus(order_id=document.order_id, status="Processing")
        [line] = shop.storefront.show([publish(back, version=2)])
        assert (line.outcome, line.field, line.value) == (Outcome.REJECTED, "status", "Processing")
        assert shop.order(document.order_id)["status"] == "Cancelled"

    def test_shipments_move_the_order_and_each_mails_once_if_it_may(self, shop: Shop) -> None:
        order = new_order(shop)
        first, *others = order.lines
        partly = shipment(order, {first.id: Decimal("0.5")})
        rest = {line.id: line.quantity for line in others} | {first.id: first.quantity - Decimal("0.5")}
        wholly = shipment(order, rest, notify_customer=False)
        for document, word in ((partly, "PartiallyShipped"), (wholly, "Shipped")):
            for _ in range(2):
                shop.storefront.show([publish(document)])
            now = shop.order(order.source_id)
            assert (now["status"], now["mails"]) == (word, 1)
        [line] = shop.storefront.show([publish(OrderStatus(order_id=order.source_id, status="Shipped"))])
        assert (line.outcome, line.text) == (Outcome.CONFIRMED, UNCHANGED)
        assert shop.order(order.source_id)["mails"] == 1

    def test_more_than_was_ordered_is_not_shipped(self, shop: Shop) -> None:
        order = new_order(shop)
        line = order.lines[0]
        [refusal] = shop.storefront.show([publish(shipment(order, {line.id: line.quantity + 1}))])
        assert (refusal.outcome, refusal.value) == (Outcome.REJECTED, str(line.quantity + 1))
        assert (refusal.field or "").startswith("lines")
        assert shop.order(order.source_id)["version"] == 1

    def test_a_shipment_never_changes_its_lines_nor_a_payment_its_amount(self, shop: Shop) -> None:
        order = new_order(shop)
        line = order.lines[0]
        whole, paid = shipment(order, {line.id: line.quantity}), receipt(order)
        assert outcome_of(shop, publish(whole)) == outcome_of(shop, publish(paid)) == Outcome.CONFIRMED
        other = changed(whole, lines=({"order_line_id": line.id, "quantity": "0.25"},))
        for document, field in ((other, "lines"), (changed(paid, amount="1"), "amount")):
            [refusal] = shop.storefront.show([publish(document, version=2)])
            assert (refusal.outcome, refusal.field) == (Outcome.REJECTED, field)
        assert read_back(shop, whole) == whole
        assert read_back(shop, paid) == paid

    def test_a_credit_memo_of_an_account_needs_no_order(self, shop: Shop) -> None:
        memo = changed(invoice(new_order(shop)), order_id=None, kind="creditMemo")
        assert outcome_of(shop, publish(memo)) is Outcome.CONFIRMED
        assert read_back(shop, memo) == memo

    def test_one_call_shows_one_class(self, shop: Shop) -> None:
        with pytest.raises(TypeError, match="ItemFacts"):
            shop.storefront.show([publish(stock(shop)), publish(item(shop))])
        assert shop.storefront.show([]) == []

    def test_reading_back_says_when_it_cannot(self, shop: Shop) -> None:
        with pytest.raises(Unreachable):
            shop.out_of_reach().shown(StockFigure, ["A@000"])
        shop.refuse_next(after_s=20)
        with pytest.raises(Throttled):
            shop.storefront.shown(Shipment, ["sage100:ABC/1"])


def read_back(shop: Shop, document: Document) -> Document | None:
    key = key_of(document)
    return shop.storefront.shown(type(document), [key]).get(key)


def by_record(lines: list[ResultLine]) -> dict[int, ResultLine]:
    return {line.record_id: line for line in lines}


def outcome_of(shop: Shop, publication: Publication) -> Outcome:
    [line] = shop.storefront.show([publication])
    return line.outcome
