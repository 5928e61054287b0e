"""The page on which people mend: a wrong SKU is named, tried, kept and replayed; by whom, and with whose consent."""

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.documents import ItemFacts
from bridge.ledger.aliases import aliases
from bridge.ledger.amendments import amended
from bridge.ledger.dead import bury
from bridge.ledger.intake import take
from bridge.ledger.moves import Step, move
from bridge.ledger.rows import Reason, Record
from bridge.ledger.shown import Seen, Shelf, observe
from bridge.ledger.store import Database
from bridge.ports.erp import ORDER
from bridge.shown import Shown, showing_lane
from bridge.states import State
from tasks.batch_write import write as write_batch
from tasks.documents_read import read
from tests.builders import SITE, an_arrival, the
from tests.cli_rig import unreadable
from tests.desk_rig import ORIGIN, DeskRig, a_desk_rig, token_of
from tests.task_rig import LANE, TaskRig
from tests.unit.mapping_samples import line, order

WRONG, RIGHT = "VALVE-12-X", "VALVE-12"
NO_ITEM = Reason("rejected", f"{WRONG} is not on file", field="ItemCode", value=WRONG)
WHY = "its old name"


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[DeskRig]:
    with a_desk_rig(sqlite_database) as made:
        made.tasks.erp.company(LANE).add_item(RIGHT)
        made.log_in("olaf")
        yield made


@pytest.fixture
def strict(sqlite_database: Database) -> Iterator[DeskRig]:
    """A desk at which two persons are needed."""
    with a_desk_rig(sqlite_database, two_persons=True) as made:
        made.log_in("olaf")
        yield made


def item_seen(rig: TaskRig, *skus: str) -> None:
    """These items were read from the ERP."""
    shelf = Shelf("clarity", SITE, Shown.ITEM, showing_lane("clarity", Shown.ITEM))
    facts = [ItemFacts(sku=sku, uom="EACH", is_active=True, is_taxable=True) for sku in skus]
    seen = [Seen(each.sku, each.model_dump_json(), rig.clock.now()) for each in facts]
    with rig.database.write() as connection:
        observe(connection, shelf, seen, by="test", now=rig.clock.now())


def at_rest(rig: TaskRig, source_id: str = "10025", reason: Reason = NO_ITEM, **changes: Any) -> Record:
    """An order that Sage refused for its item."""
    told = order(line(sku=WRONG), source_id=source_id, order_number=source_id, updated_at=rig.clock.now(), **changes)
    rig.shop.put_order(told)
    take(rig.database, [an_arrival(source_id)], [], by="intake", now=rig.clock.now())
    assert read("clarity") == 1
    record = rig.records()[-1]
    with rig.database.write() as connection:
        for target in (State.REVIEW, State.DEAD):
            record = move(
                connection, record, Step(target, reason.text, "test", changes=reason.columns()), rig.clock.now()
            )
        bury(connection, record, reason, detail="Traceback", now=rig.clock.now())
    return record


def test_a_wrong_sku_is_named_tried_and_replayed_until_the_order_is_in_sage(desk: DeskRig) -> None:
    item_seen(desk.tasks, RIGHT, "HOSE")
    record = at_rest(desk.tasks)
    place = f"/letters/{record.id}"
    assert "order: rejected/ItemCode" in desk.get("/letters")
    assert WRONG in desk.get("/letters/group?entity=order&fingerprint=rejected/ItemCode")
    shown = desk.get(place)
    assert f"{RIGHT} differs in one letter Try {RIGHT}" in shown
    tried = desk.post(f"{place}/try", place, sku=WRONG, item=RIGHT)
    assert f'ItemCode</td><td data-label="Before">{WRONG}</td><td data-label="After">{RIGHT}' in tried.text
    assert (aliases(desk.database), desk.trail()[0].action) == ([], "log in"), "trying keeps nothing"
    kept = desk.post(f"{place}/name", place, sku=WRONG, item=RIGHT, then="replay", why=WHY)
    assert f"is {RIGHT} in {LANE} from now on" in kept.text
    assert [(each.sku, each.item, each.by, each.why) for each in aliases(desk.database)] == [
        (WRONG.lower(), RIGHT, "olaf", WHY),
    ]  # fmt: skip
    assert read("clarity") == 1
    desk.tasks.open_window()
    write_batch(LANE)
    assert the(desk.database, record).state is State.CONFIRMED
    [sent] = [each for each in desk.tasks.erp.company(LANE).records.values() if each.document == ORDER]
    assert [columns["ItemCode"] for columns in sent.lines] == [RIGHT]
    assert "Nothing waits for a person" in desk.get("/letters")
    line_of_trail = desk.trail()[0]
    assert (line_of_trail.action, line_of_trail.by, line_of_trail.subject, line_of_trail.why) == (
        "name item", "olaf", f"record {record.id}", WHY,
    )  # fmt: skip


def test_a_field_is_amended_and_what_was_said_stays_to_be_seen(desk: DeskRig) -> None:
    record = at_rest(desk.tasks)
    place = f"/letters/{record.id}"
    tried = desk.post(f"{place}/try", place, field="ship_to.company", value="Beta Ltd")
    assert "ShipToName" in tried.text
    assert "Beta Ltd" in tried.text
    desk.post(f"{place}/amend", place, field="ship_to.company", value="Beta Ltd", then="", why="moved")
    assert [each.value for each in amended(desk.database, record.id)] == ["Beta Ltd"]
    assert the(desk.database, record).state is State.DEAD, "it was only kept"
    shown = desk.get(place)
    assert "ship_to.company: Acme Inc. is written Beta Ltd, olaf at" in shown
    assert "ship_to.company amended: moved" in shown


def test_a_whole_group_is_replayed_and_one_is_discarded(desk: DeskRig) -> None:
    records = [at_rest(desk.tasks, str(number)) for number in (1, 2, 3)]
    desk.post(f"/letters/{records[0].id}/discard", why="a test order")
    said = desk.post("/letters/group/replay", entity="order", fingerprint="rejected/ItemCode", why="item made")
    assert "2 records are on their way again" in said.text
    states = [the(desk.database, record).state for record in records]
    assert states == [State.DISCARDED, State.HELD, State.HELD]
    assert [row.action for row in desk.trail()[:2]] == ["replay group", "discard"]
    again = desk.post("/letters/group/replay", entity="order", fingerprint="rejected/ItemCode", why="item made")
    assert (again.status_code, "nothing waits with the fingerprint" in again.text) == (400, True)


@pytest.mark.parametrize("deed", ["replay", "discard", "try", "amend", "name"])
def test_who_only_looks_mends_nothing(desk: DeskRig, deed: str) -> None:
    record = at_rest(desk.tasks)
    vera = desk.another_browser()
    vera.log_in("vera")
    fields = {"why": WHY, "sku": WRONG, "item": RIGHT, "field": "comments", "value": "x"}
    assert vera.post(f"/letters/{record.id}/{deed}", **fields).status_code == 403
    assert the(desk.database, record) == record
    shown = vera.get(f"/letters/{record.id}")
    assert WRONG in shown
    assert "Show the difference" not in shown


def test_what_tells_of_a_person_is_hidden_from_who_only_looks(desk: DeskRig) -> None:
    reason = Reason(
        "too_long", "ship_to.line1 is '1 Main Street': too long", field="ship_to.line1", value="1 Main Street"
    )
    record = at_rest(desk.tasks, reason=reason)
    assert "1 Main Street" in desk.get(f"/letters/{record.id}")
    vera = desk.another_browser()
    vera.log_in("vera")
    for page in ("/letters", f"/letters/{record.id}", "/letters/group?entity=order&fingerprint=too_long/ship_to.line#"):
        assert "1 Main Street" not in vera.get(page)


@pytest.mark.parametrize(
    ("deed", "fields", "told"),
    [
        ("replay", {}, "why is empty"),
        ("amend", {"field": "totals.total", "value": "1", "why": WHY}, "totals.total cannot be amended"),
        ("try", {"field": "lines[9].sku", "value": "1"}, "the order has 1 lines"),
        ("name", {"sku": WRONG, "why": WHY}, "item is empty"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_no_trace(
    desk: DeskRig, deed: str, fields: dict[str, str], told: str
) -> None:
    record = at_rest(desk.tasks)
    before = desk.trail()
    answer = desk.post(f"/letters/{record.id}/{deed}", **fields)
    assert (answer.status_code, told in answer.text) == (400, True), answer.text
    assert (desk.trail(), the(desk.database, record)) == (before, record)


def test_a_form_from_elsewhere_mends_nothing(desk: DeskRig) -> None:
    record = at_rest(desk.tasks)
    data = {"form_token": token_of(desk.browser.get("/letters")), "why": WHY}
    place = f"/letters/{record.id}/replay"
    assert desk.browser.post(place, data=data, headers={"Origin": "https://evil.example"}).status_code == 403
    assert desk.browser.post(place, data={"why": WHY}, headers={"Origin": ORIGIN}).status_code == 403
    assert the(desk.database, record) == record


def test_a_message_is_shown_and_discarded(desk: DeskRig) -> None:
    unreadable(desk.database, "stream:1-0", b"foreign \xff bytes")
    assert "m1" in desk.get("/letters/group?entity=message&fingerprint=")
    assert "foreign \ufffd bytes" in desk.get("/letters/messages/1")
    assert "Message m1 is discarded" in desk.post("/letters/messages/1/discard", why="noise").text
    assert desk.post("/letters/messages/1/discard", why="noise").status_code == 400
    desk.get("/letters/messages/4711", status=404)
    desk.get("/letters/4711", status=404)


def test_a_message_is_sent_back_into_the_stream(desk: DeskRig) -> None:
    unreadable(desk.database, "event:clarity:evt_1:1-0", b"{}")
    unreadable(desk.database, "event:gone:evt_2:1-0", b"{}")
    assert "m1 is in the stream again" in desk.post("/letters/messages/1/replay", why="lane added").text
    [entry] = desk.tasks.door.entries.values()
    assert (entry.fields[b"event_id"], entry.fields[b"connection"]) == (b"evt_1", b"clarity")
    refused = desk.post("/letters/messages/2/replay", why="lane added")
    assert (refused.status_code, "add it first" in refused.text) == (400, True)
    assert len(desk.tasks.door.entries) == 1


def test_a_name_is_taken_away_again(desk: DeskRig) -> None:
    record = at_rest(desk.tasks)
    desk.post(f"/letters/{record.id}/name", sku=WRONG, item=RIGHT, why=WHY)
    assert WRONG.lower() in desk.get("/letters/names")
    desk.post("/letters/names/remove", lane=LANE, sku=WRONG, why="sold out")
    assert "None yet" in desk.get("/letters/names")


# Two persons


def test_a_second_person_approves_what_the_first_proposes(strict: DeskRig) -> None:
    record = at_rest(strict.tasks)
    said = strict.post(f"/letters/{record.id}/discard", why="a test order")
    assert "another person has to approve it" in said.text
    assert the(strict.database, record) == record
    own = strict.post("/letters/proposals/1/approve", why="me too")
    assert (own.status_code, "another person must approve it" in own.text) == (400, True)
    ada = strict.another_browser()
    ada.log_in("ada")
    assert "Proposal 1: discard" in ada.get(f"/letters/{record.id}")
    ada.post("/letters/proposals/1/approve", why="so it is")
    assert the(strict.database, record).state is State.DISCARDED
    [*_, last] = [row for row in strict.tasks.rows("move") if row.record_id == record.id]
    assert (last.by, last.why) == ("olaf and ada", "a test order; so it is")
    assert [row.action for row in strict.trail()[:3]] == ["approve to discard", "log in", "propose to discard"]
    assert ada.post("/letters/proposals/1/approve", why="again").status_code == 400


def test_a_proposal_is_dropped_or_ends_after_a_day(strict: DeskRig) -> None:
    record = at_rest(strict.tasks)
    for why in ("mended", "mended, says he again"):
        strict.post(f"/letters/{record.id}/replay", why=why)
    assert len(strict.tasks.rows("intent")) == 1, "the same twice is one proposal"
    strict.post("/letters/proposals/1/refuse", why="a slip")
    assert "Proposal" not in strict.get("/letters")
    strict.post(f"/letters/{record.id}/replay", why="mended")
    strict.pass_time(days=1)
    ada = strict.another_browser()
    ada.log_in("ada")
    assert "Proposal" not in ada.get("/letters")
    late = ada.post("/letters/proposals/2/approve", why="yes")
    assert (late.status_code, "has ended; propose it anew" in late.text) == (400, True)
    assert the(strict.database, record) == record


def test_what_was_proposed_is_not_done_to_what_went_on_meanwhile(strict: DeskRig) -> None:
    record = at_rest(strict.tasks)
    strict.post(f"/letters/{record.id}/discard", why="a test order")
    strict.tasks.shop.put_order(
        order(line(sku=RIGHT), source_id="10025", order_number="10025", version=2, updated_at=strict.tasks.clock.now())
    )
    take(strict.database, [an_arrival("10025", version=2)], [], by="intake", now=strict.tasks.clock.now())
    assert read("clarity") == 1
    ada = strict.another_browser()
    ada.log_in("ada")
    answer = ada.post("/letters/proposals/1/approve", why="so it is")
    assert (answer.status_code, "only REVIEW and DEAD records can be discarded" in answer.text) == (400, True)
    assert the(strict.database, record).state is State.HELD
