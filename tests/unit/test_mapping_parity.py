"""A sample of prices: chosen by a seed, priced by Sage's rules for that very buyer, read as the buyer would see it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import Customer, CustomerTerms, PriceFigure
from bridge.errors import TryLater
from bridge.flows.price import PriceRules, Source
from bridge.flows.settings import ReaderSettings
from bridge.ledger import windows
from bridge.ledger.accounts import all_accounts
from bridge.ledger.on_show import keys_on_show
from bridge.ledger.rows import Record
from bridge.ledger.shown import Shelf
from bridge.ports.reading import CUSTOMER, ITEM, PRICE, ErpRow
from bridge.shown import Shown, showing_lane
from mappings.parity import MOST, Answered, Asked, answers, choose
from mappings.price import PriceView
from tasks.price_read import read
from tasks.storefront_show import show_all
from tests.builders import SITE, a_customer
from tests.ledger_walks import change
from tests.task_rig import LANE, TaskRig
from tests.unit import mapping_samples

NO_END = Decimal(99_999_999)
ROW = ("PriceCodeRecord", "PriceCode", "ItemCode", "CustomerPriceLevel", "ARDivisionNo", "CustomerNo")


@pytest.fixture
def rig(rig: TaskRig) -> TaskRig:
    """A pipe at 10.00, at 8.00 from 11 on for level A, and at 7.00 for ACME by contract; all of it is on show."""
    view = PriceView(mapping_samples.LANE, PriceRules())
    lane = replace(rig.ports.lanes[LANE], views={Shown.PRICE: view}, has_reader_seat=True, reading=ReaderSettings())
    rig.change(lanes={LANE: lane})
    put_item(rig)
    shelves = rig.erp.company(LANE).shelves
    for number in ("ACME", "BETA", "ZETA"):
        level = "A" if number == "BETA" else ""
        columns = {"ARDivisionNo": "00", "CustomerNo": number, "PriceLevel": level}
        shelves.put(CUSTOMER, ErpRow(f"00|{number}", columns))
        know(rig, number)
    put_price(rig, "1||PIPE|A||", {10: 10, NO_END: 8})
    put_price(rig, "2||PIPE||00|ACME", {NO_END: 7})
    assert read(LANE)
    show_all("clarity")
    return rig


def put_item(rig: TaskRig, **columns: Any) -> None:
    row = {"ItemCode": "PIPE", "ItemType": "1", "PriceCode": "", "StandardUnitPrice": Decimal(10), **columns}
    rig.erp.company(LANE).shelves.put(ITEM, ErpRow("PIPE", row))


def put_price(rig: TaskRig, key: str, breaks: dict[Any, int]) -> None:
    columns: dict[str, Any] = {**dict(zip(ROW, key.split("|"), strict=True)), "PricingMethod": "O"}
    for place, (limit, price) in enumerate(breaks.items(), 1):
        columns |= {f"BreakQuantity{place}": Decimal(limit), f"DiscountMarkup{place}": Decimal(price)}
    rig.erp.company(LANE).shelves.put(PRICE, ErpRow(key, columns))


def know(rig: TaskRig, number: str) -> None:
    """The site's account of a customer, which is in the price list of its level."""
    account = number.lower()
    rig.shop.put_customer(Customer(source_id=account, site_id=SITE))
    change(rig.database, a_customer(rig.database, account), state="CONFIRMED", number=number)
    code = "A" if number == "BETA" else None
    terms = CustomerTerms(
        customer_id=account, account_number=number, is_on_hold=False, tax_exempt=False, price_list_code=code
    )
    rig.shop.shelf.documents[CustomerTerms][account] = terms


def buyers(rig: TaskRig) -> dict[str, Record]:
    with rig.database.read() as connection:
        return {record.number or "": record for record in all_accounts(connection, LANE)}


def ask(rig: TaskRig, number: str, quantity: int, sku: str = "PIPE") -> Answered | None:
    """What both sides say to one buyer; None for a product that is not sold."""
    found = answers(rig.ports, LANE, [Asked(buyers(rig)[number], sku, sku, Decimal(quantity))])
    return found[0] if found else None


@pytest.mark.parametrize(
    ("number", "quantity", "price", "by"),
    [
        ("ZETA", 1, 10, Source.STANDARD),
        ("BETA", 10, 10, Source.ITEM_BY_LEVEL),
        ("BETA", 11, 8, Source.ITEM_BY_LEVEL),
        ("ACME", 500, 7, Source.CONTRACT),
    ],
)
def test_a_buyer_is_shown_what_sage_charges(rig: TaskRig, number: str, quantity: int, price: int, by: Source) -> None:
    said = ask(rig, number, quantity)
    assert said is not None
    assert (said.erp, said.by, said.storefront, said.differs) == (price, by, price, False)


def test_a_price_that_somebody_changed_at_the_site_differs(rig: TaskRig) -> None:
    shelf = rig.shop.shelf.documents[PriceFigure]
    shelf["PIPE@A"] = shelf["PIPE@A"].model_copy(update={"breaks": ()})
    found = [ask(rig, "BETA", quantity) for quantity in (10, 11)]
    assert [each.differs for each in found if each] == [False, True]


def test_an_account_in_the_wrong_list_is_found(rig: TaskRig) -> None:
    """Each price is right where it stands; this buyer is shown another's."""
    terms = rig.shop.shelf.documents[CustomerTerms]
    terms["beta"] = terms["beta"].model_copy(update={"price_list_code": None})
    said = ask(rig, "BETA", 11)
    assert said is not None
    assert (said.erp, said.storefront, said.differs) == (8, 10, True)


def test_a_price_that_is_not_on_show_differs(rig: TaskRig) -> None:
    rig.shop.shelf.documents[PriceFigure].clear()
    said = ask(rig, "ZETA", 1)
    assert said is not None
    assert (said.storefront, said.differs) == (None, True)


def test_a_promotion_of_sages_is_no_difference(rig: TaskRig) -> None:
    put_item(rig, SaleMethod="P", SaleStartingDate="20200101", SaleEndingDate="", SalesPromotionPrice=Decimal(5))
    said = ask(rig, "ZETA", 1)
    assert said is not None
    assert (said.erp, said.by, said.storefront, said.differs) == (5, Source.PROMOTION, 10, False)


def test_a_product_that_sage_no_longer_sells_is_left_out(rig: TaskRig) -> None:
    assert ask(rig, "ZETA", 1, sku="GONE") is None


def test_a_halted_lane_is_not_asked_and_every_seat_comes_back(rig: TaskRig) -> None:
    assert ask(rig, "ZETA", 1)
    assert rig.seats.held() == []
    with rig.database.write() as connection:
        windows.halt(connection, LANE, reason="by hand", now=rig.clock.now())
    with pytest.raises(TryLater, match="is not read now"):
        ask(rig, "ZETA", 1)


def test_the_same_seed_chooses_the_same_and_another_does_not(rig: TaskRig) -> None:
    shelf = Shelf("clarity", SITE, Shown.PRICE, showing_lane("clarity", Shown.PRICE))
    with rig.database.read() as connection:
        keys = keys_on_show(connection, shelf)
    assert keys == ["PIPE", "PIPE@@acme", "PIPE@A"]
    accounts, skus = list(buyers(rig).values()), {("clarity", SITE): ["PIPE", "ROPE"]}
    first, again, other = (choose(accounts, skus, {"ROPE": "R-1"}, count=40, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert {(each.sku, each.item) for each in first} == {("PIPE", "PIPE"), ("ROPE", "R-1")}
    assert {each.account.number for each in first} == {"ACME", "BETA", "ZETA"}
    assert all(1 <= each.quantity <= MOST for each in first)
    assert choose(accounts, {}, {}, count=40, seed=1) == []
