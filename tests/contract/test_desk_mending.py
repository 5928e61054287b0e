"""A clerk mends a wrong SKU in a real browser, and the order comes into Sage: the ERP's double in memory."""

from pathlib import Path

from bridge.ledger.migrate import migrate
from bridge.ledger.store import Database
from bridge.states import State
from tasks.batch_write import write as write_batch
from tasks.documents_read import read
from tests.browser.chromium import Chromium
from tests.browser.desk import log_in
from tests.browser.serving import served
from tests.builders import the
from tests.desk_rig import PASSWORD, a_desk_rig
from tests.task_rig import LANE
from tests.unit.test_desk_letters import RIGHT, WRONG, at_rest, item_seen


def test_a_wrong_sku_is_mended_in_a_browser(browser: Chromium, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate(database)
    with a_desk_rig(database) as rig, served(rig.browser.app) as url, browser.page(base_url=url) as page:
        rig.tasks.erp.company(LANE).add_item(RIGHT)
        item_seen(rig.tasks, RIGHT)
        record = at_rest(rig.tasks)
        log_in(page, "olaf", PASSWORD)
        page.get_by_role("link", name="Dead letters and review").click()
        page.locator("main a[href^='/letters/group']").first.click()
        page.get_by_role("link", name=str(record.order_number)).click()
        page.get_by_text(WRONG).first.wait_for()
        page.get_by_role("button", name=f"Try {RIGHT}").click()
        page.get_by_role("heading", name="What Sage would get").wait_for()
        page.get_by_role("cell", name=RIGHT, exact=True).wait_for()
        page.locator("#difference ~ form").get_by_label("Why").fill("the shop's catalogue has a slip")
        page.get_by_role("button", name="Keep it").click()
        page.wait_for_url(f"**/letters/{record.id}")
        read("clarity")
        rig.tasks.open_window()
        write_batch(LANE)
        assert the(database, record).state is State.CONFIRMED
        page.goto("/letters")
        assert page.get_by_role("link", name=str(record.order_number)).count() == 0
    database.close()
