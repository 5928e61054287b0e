"""`price.read`: standard prices, lists and contracts are shown, and renewed by whatever of Sage's they are made of."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import update

from bridge.documents import Customer, PriceFigure
from bridge.flows.price import PriceRules
from bridge.flows.settings import ReaderSettings
from bridge.ledger import schema
from bridge.ledger.passes import present_pass
from bridge.ledger.trace import open_alarms
from bridge.ports.reading import CUSTOMER, ITEM, PRICE, ErpRow
from bridge.shown import Shown
from mappings.price import PriceView
from tasks.price_read import read
from tasks.storefront_show import show_all
from tests.builders import a_customer
from tests.task_rig import LANE, NOW, TaskRig
from tests.unit import mapping_samples

LONG_AGO = NOW - timedelta(days=9)
NO_END = Decimal(99_999_999)


def use(rig: TaskRig, **reading: object) -> None:
    """Two items of price code STD at 10.00; ACME has price level A."""
    lane = replace(
        rig.ports.lanes[LANE], views={Shown.PRICE: PriceView(mapping_samples.LANE, PriceRules())},
        has_reader_seat=True, reading=ReaderSettings.model_validate(reading),
    )  # fmt: skip
    rig.change(lanes={LANE: lane})
    put_item(rig, "PIPE")
    put_item(rig, "ROPE")
    rig.erp.company(LANE).shelves.rows.setdefault(PRICE, {})
    acme = {"ARDivisionNo": "00", "CustomerNo": "ACME", "PriceLevel": "A"}
    rig.erp.company(LANE).shelves.put(CUSTOMER, ErpRow("00|ACME", acme))


def put_item(rig: TaskRig, item: str, price: int = 10, changed_at: datetime = LONG_AGO) -> None:
    columns = {"ItemCode": item, "ItemType": "1", "PriceCode": "STD", "StandardUnitPrice": Decimal(price)}
    rig.erp.company(LANE).shelves.put(ITEM, ErpRow(item, columns, changed_at=changed_at))


def put_price(rig: TaskRig, key: str, price: int, changed_at: datetime = LONG_AGO) -> None:
    """`key` is the row's own: record, price code, item, level, division, customer."""
    names = ("PriceCodeRecord", "PriceCode", "ItemCode", "CustomerPriceLevel", "ARDivisionNo", "CustomerNo")
    columns = {
        **dict(zip(names, key.split("|"), strict=True)), "PricingMethod": "O", "BreakQuantity1": NO_END,
        "DiscountMarkup1": Decimal(price), "TimeUpdated": changed_at.isoformat(),
    }  # fmt: skip
    rig.erp.company(LANE).shelves.put(PRICE, ErpRow(key, columns, changed_at=changed_at))


def take_away(rig: TaskRig, key: str) -> None:
    del rig.erp.company(LANE).shelves.rows[PRICE][key]


def know(rig: TaskRig, account: str, number: str = "ACME") -> None:
    """The site has the account, and the ledger knows it as this customer of Sage's."""
    rig.shop.put_customer(Customer(source_id=account, site_id="main"))
    known = a_customer(rig.database, account)
    is_it = schema.record.c.id == known.id
    with rig.database.write() as connection:
        connection.execute(update(schema.record).where(is_it).values(state="CONFIRMED", number=number))


def shown(rig: TaskRig, *keys: str) -> dict[str, int]:
    """What the storefront shows now."""
    show_all("clarity")
    found = rig.shop.shown(PriceFigure, keys)
    return {key: int(each.list_price) for key, each in found.items() if isinstance(each, PriceFigure)}


def test_standard_prices_lists_and_contracts_are_shown(rig: TaskRig) -> None:
    use(rig)
    know(rig, "c1")
    put_price(rig, "0|STD||A||", 8)
    put_price(rig, "2||PIPE||00|ACME", 7)
    assert read(LANE)
    assert rig.nudges() == [("storefront.show", ["clarity"])]
    keys = ("PIPE", "PIPE@A", "PIPE@@c1", "ROPE", "ROPE@A", "ROPE@@c1")
    assert shown(rig, *keys) == {"PIPE": 10, "PIPE@A": 8, "PIPE@@c1": 7, "ROPE": 10, "ROPE@A": 8}


def test_nothing_is_sent_for_what_did_not_change(rig: TaskRig) -> None:
    use(rig)
    put_price(rig, "0|STD||A||", 8)
    read(LANE)
    show_all("clarity")
    rig.pass_time(hours=25)
    assert read(LANE)
    assert set(rig.states("price").values()) == {"CONFIRMED"}
    assert {record.version for record in rig.records("price")} == {1}


def test_a_new_price_of_an_item_renews_it_by_day(rig: TaskRig) -> None:
    use(rig)
    read(LANE)
    put_item(rig, "PIPE", 11, rig.pass_time(minutes=20))
    assert read(LANE)
    assert shown(rig, "PIPE", "ROPE") == {"PIPE": 11, "ROPE": 10}


def test_a_row_of_one_item_renews_that_items_prices(rig: TaskRig) -> None:
    use(rig)
    read(LANE)
    put_item(rig, "ROPE", 12)  # in bulk, without a new stamp
    put_price(rig, "1||PIPE|||", 9, rig.pass_time(minutes=20))
    assert read(LANE)
    assert shown(rig, "PIPE", "ROPE") == {"PIPE": 9, "ROPE": 10}


def test_a_row_of_a_price_code_renews_every_item_once(rig: TaskRig) -> None:
    use(rig)
    put_price(rig, "0|STD||||", 9)
    read(LANE)
    put_price(rig, "0|STD||||", 6, rig.pass_time(minutes=20))
    assert read(LANE)
    assert shown(rig, "PIPE", "ROPE") == {"PIPE": 6, "ROPE": 6}
    put_item(rig, "ROPE", 12)
    take_away(rig, "0|STD||||")  # neither bears a stamp, so that only another pass over all would find them
    put_price(rig, "0|STD||B||", 6, NOW)
    rig.pass_time(minutes=20)
    assert read(LANE)
    assert shown(rig, "ROPE") == {"ROPE": 12}, "another row of the code, though an old one"
    put_item(rig, "ROPE", 13)
    rig.pass_time(minutes=20)
    assert read(LANE)
    assert shown(rig, "ROPE") == {"ROPE": 12}, "the row that the overlap reads again is no news"


def test_a_price_code_that_changes_during_a_pass_begins_it_again(rig: TaskRig) -> None:
    use(rig, page_rows=1, hold_s=1e-9)
    put_price(rig, "0|STD||||", 9)
    assert not read(LANE)
    assert shown(rig, "PIPE", "ROPE") == {"PIPE": 9}
    put_price(rig, "0|STD||||", 6, rig.pass_time(minutes=20))
    assert not read(LANE)
    assert shown(rig, "PIPE", "ROPE") == {"PIPE": 6}
    assert read(LANE)
    assert shown(rig, "PIPE", "ROPE") == {"PIPE": 6, "ROPE": 6}


def test_at_night_what_is_gone_from_sage_is_made_good(rig: TaskRig) -> None:
    use(rig)
    know(rig, "c1")
    put_price(rig, "1||PIPE|A||", 8)
    put_price(rig, "2||PIPE||00|ACME", 7)
    put_price(rig, "2||ROPE||00|ACME", 5)
    read(LANE)
    show_all("clarity")
    take_away(rig, "2||PIPE||00|ACME")
    rig.pass_time(hours=25)
    assert read(LANE)
    assert shown(rig, "PIPE@@c1", "ROPE@@c1") == {"PIPE@@c1": 8, "ROPE@@c1": 5}, "the price of the customer's level"
    take_away(rig, "1||PIPE|A||")
    rig.pass_time(hours=25)
    assert read(LANE)
    assert shown(rig, "PIPE@A", "PIPE@@c1") == {"PIPE@A": 10, "PIPE@@c1": 10}


def test_a_night_tells_what_was_changed_without_a_stamp_and_not_what_a_price_row_tells(rig: TaskRig) -> None:
    use(rig)
    put_price(rig, "1||PIPE|A||", 8)
    read(LANE)
    rig.pass_time(hours=24)
    put_item(rig, "ROPE", 12)
    put_price(rig, "1||PIPE|A||", 6, rig.clock.now() - timedelta(minutes=1))
    assert read(LANE)
    assert shown(rig, "PIPE@A", "ROPE") == {"PIPE@A": 6, "ROPE": 12}
    [alarm] = open_alarms(rig.database)
    assert (alarm.key, alarm.text) == (f"drift:{LANE}:price", "1 price changed in Sage without a stamp")


def test_every_account_of_a_customer_has_its_contract_and_a_guest_has_none(rig: TaskRig) -> None:
    use(rig)
    for account in ("c1", "c2", "guest:ann@acme.example"):
        know(rig, account)
    know(rig, "z1", "ZETA")
    put_price(rig, "2||PIPE||00|ACME", 7)
    read(LANE)
    assert set(rig.states("price")) == {"PIPE", "PIPE@@c1", "PIPE@@c2", "ROPE"}


def test_a_contract_is_shown_where_the_account_is_and_nowhere_else(rig: TaskRig) -> None:
    use(rig)
    know(rig, "c1")
    clarity = rig.ports.connections["clarity"]
    rig.change(connections={"clarity": clarity, "other": replace(clarity, name="other")})
    put_price(rig, "2||PIPE||00|ACME", 7)
    read(LANE)
    places = sorted((record.connection, record.source_id) for record in rig.records("price"))
    assert places == [
        ("clarity", "PIPE"), ("clarity", "PIPE@@c1"), ("clarity", "ROPE"), ("other", "PIPE"), ("other", "ROPE"),
    ]  # fmt: skip


def test_a_contract_of_a_customer_whom_nobody_knows_is_remarked(rig: TaskRig) -> None:
    use(rig)
    put_price(rig, "2||PIPE||00|ACME", 7)
    read(LANE)
    remarks = {record.source_id: record.flags for record in rig.records("price")}
    assert remarks == {"PIPE": "no account here has the contract of ACME", "ROPE": None}


def test_nothing_is_read_before_it_is_due(rig: TaskRig) -> None:
    use(rig)
    assert read(LANE)
    put_item(rig, "PIPE", 11, rig.pass_time(minutes=10))
    assert not read(LANE)
    with rig.database.read() as connection:
        assert present_pass(connection, LANE, "price/price").reached == NOW
