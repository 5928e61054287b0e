"""The desk in a real browser over a whole fleet: people find an order, mend another one, and see both sides agree."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.states import State
from tests.browser.audit import sticking_out, violations
from tests.browser.chromium import PHONE, Chromium
from tests.browser.desk import log_in, open_everything, tab_to
from workers.drills.ground import Ground
from workers.stage.plan import Shop, StagePlan
from workers.stage.stage import Stage

WRONG = "NO-SUCH-ITEM"


class Trade(Ground):
    """A shop's ground with one order in Sage, and one that waits for a person since its first line's SKU is wrong."""

    def open(self) -> None:
        """Lets both orders come to rest."""
        self.fill_shops()
        [self.good] = self.place(1)
        order = self.make(1, self.shops[0])[0]
        self.sku, order["lines"][0]["sku"] = order["lines"][0]["sku"], WRONG
        [self.bad] = self.take([order], unchecked=True)
        self.settle(**{self.bad: "review"})

    @property
    def url(self) -> str:
        """Where the desk is."""
        return self.stage.plan.desk_url

    @property
    def password(self) -> str:
        """Of each of the desk's users."""
        return self.stage.plan.secret


@pytest.fixture(scope="module")
def trade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trade]:
    folder: Path = tmp_path_factory.mktemp("desk")
    plan = StagePlan(
        folder, (Shop("clarity", "main", "ABC"),), rate_per_s=200, burst=400, window_s=3, call_deadline_s=30,
        with_desk=True,
    )  # fmt: skip
    with Stage(plan) as stage:
        ground = Trade(stage)
        try:
            ground.open()
            yield ground
        finally:
            ground.close()


def test_the_keyboard_alone_finds_an_order_and_its_whole_way(browser: Chromium, trade: Trade) -> None:
    record = trade.ledger.record(trade.good)
    with browser.page(base_url=trade.url) as page:
        page.goto("/orders")
        tab_to(page, "Name")
        page.keyboard.type("vera")
        tab_to(page, "Password")
        page.keyboard.type(trade.password)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Orders").wait_for()
        tab_to(page, "Order number, Sage number, PO, e-mail or any id")
        page.keyboard.type(record.source_id)  # Sage's number may be in two companies
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/orders/{record.id}")
        shown = page.locator("main").inner_text()
    assert {word for word in ("CONFIRMED", str(record.number), record.source_id) if word not in shown} == set()


def test_a_wrong_sku_is_mended_once_and_the_order_comes_into_sage(browser: Chromium, trade: Trade) -> None:
    record = trade.ledger.record(trade.bad)
    with browser.page(base_url=trade.url) as page:
        log_in(page, "olive", trade.password)
        page.get_by_role("link", name="Dead letters and review").click()
        page.locator("main a[href^='/letters/group']").first.click()
        page.get_by_role("link", name=str(record.order_number)).click()
        page.get_by_text(WRONG).first.wait_for()
        page.get_by_label("Item in Sage").fill(trade.sku)
        page.get_by_role("button", name="Show the difference of the name").click()
        page.get_by_role("heading", name="What Sage would get").wait_for()
        page.get_by_role("cell", name=trade.sku, exact=True).wait_for()
        page.locator("#difference ~ form").get_by_label("Why").fill("the shop's catalogue has a slip")
        page.get_by_role("button", name="Keep it").click()
        page.wait_for_url(f"**/letters/{record.id}")
        trade.until(lambda: trade.ledger.all_in(State.CONFIRMED, [trade.bad]), "the mended order is in Sage")
        page.goto(f"/orders/{record.id}")
        number = str(trade.ledger.record(trade.bad).number)
        page.get_by_text(number).first.wait_for()
        page.goto("/letters")
        assert page.get_by_role("link", name=str(record.order_number)).count() == 0
    [written] = [row for row in trade.sage.orders("ABC") if row["header"]["SalesOrderNo"] == number]
    assert trade.sku in [line["ItemCode"] for line in written["lines"]]


def test_an_administrator_looks_at_flower_behind_the_same_log_in(browser: Chromium, trade: Trade) -> None:
    with browser.page(base_url=trade.url) as page:
        log_in(page, "admin", trade.password)
        page.get_by_role("link", name="Flower").click()
        page.get_by_text("sage-writer").first.wait_for()
        page.get_by_role("link", name="Broker").click()
        for queue in ("dead.order", "dead.message", "intake", "sage.ABC.write"):
            page.get_by_role("cell", name=queue, exact=True).wait_for()
        page.get_by_role("link", name="Tasks").click()
        page.get_by_role("row").filter(has_text="windows.tick").first.wait_for()
        assert {cookie["name"] for cookie in page.context.cookies()} == {"tidegate_session", "tidegate_visitor"}


@pytest.mark.parametrize("name", ["olive", "vera"])
def test_flower_is_for_administrators_only(browser: Chromium, trade: Trade, name: str) -> None:
    with browser.page(base_url=trade.url) as page:
        log_in(page, name, trade.password)
        assert page.get_by_role("link", name="Flower").count() == 0
        page.goto("/flower/")
        page.get_by_text("This needs the role administer").wait_for()


def test_pages_with_what_a_fleet_really_puts_on_them_can_be_used_on_a_phone(browser: Chromium, trade: Trade) -> None:
    order = trade.make(1, trade.shops[0])[0]
    order["lines"][0]["sku"] = WRONG + "-EITHER"
    trade.settle(**dict.fromkeys(trade.take([order], unchecked=True), "review"), **{trade.bad: "in Sage"})
    with browser.page(PHONE, trade.url) as page:
        log_in(page, "admin", trade.password)
        faults = {}
        for path in ("/orders", f"/orders/{trade.ledger.record(trade.good).id}", "/letters", "/windows"):
            page.goto(path)
            open_everything(page)
            faults[path] = [*violations(page), *sticking_out(page)]
        page.goto(f"/letters/{trade.ledger.record(order['id']).id}")
        faults["letter"] = [*violations(page), *sticking_out(page)]
    assert {path: found for path, found in faults.items() if found} == {}
