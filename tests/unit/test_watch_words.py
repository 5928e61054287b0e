"""What a message says, and what the watch remembers of it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.alarms.muting import Mute
from bridge.alarms.telling import Known, News, OpenAlarm, Told
from bridge.outcomes import Urgency
from tests.builders import NOW
from tests.cli_rig import a_rig
from workers.settings import load_settings
from workers.watch.memory import Memory
from workers.watch.words import MOST_LINES, Links, body, title

NOWHERE = Links()
USERS = 'users.ann = { role = "view", password = "a hash" }\n'


def alarm(key: str, urgency: Urgency = Urgency.HIGH, text: str = "it stands still") -> OpenAlarm:
    return OpenAlarm(key, urgency, text, NOW - timedelta(minutes=95))


def test_each_alarm_is_a_line_with_its_age_and_its_page_and_what_is_urgent_comes_first() -> None:
    told = Told(NOW - timedelta(minutes=5), NOW, is_urgent=True)
    due = News((alarm("review:x", Urgency.NORMAL), alarm("silence:a")), (alarm("halted:b"),), {"broker:away": told})
    assert title(due) == "Tidegate: 2 new alarms, 1 still open, 1 over"
    assert body(due, NOW, NOWHERE).splitlines() == [
        "NEW [high] silence:a (since 2026-03-02 13:25Z, 1 h 35 min): it stands still -> docs/runbooks/silence.md",
        "NEW [normal] review:x (since 2026-03-02 13:25Z, 1 h 35 min): it stands still -> docs/runbooks/dead-letters.md",
        "STILL OPEN [high] halted:b (since 2026-03-02 13:25Z, 1 h 35 min): it stands still -> "
        "docs/runbooks/lane-halted.md",
        "OVER broker:away after 5 min",
    ]


def test_a_message_leads_to_the_desk_and_to_each_runbook_and_says_what_is_silenced() -> None:
    links = Links(desk="https://desk.example.com", runbooks="https://docs.example.com/runbooks/")
    mute = Mute("drift:*", NOW, NOW + timedelta(hours=4), "ann", "stock-taking")
    again = News(unmuted=(alarm("halted:b"),))
    assert title(again) == "Tidegate: 1 still open"
    assert body(again, NOW, links, [mute]).splitlines() == [
        "SILENCE OVER, STILL OPEN [high] halted:b (since 2026-03-02 13:25Z, 1 h 35 min): it stands still -> "
        "https://docs.example.com/runbooks/lane-halted.md",
        "SILENCED drift:* until 2026-03-02 19:00Z by ann: stock-taking",
        "Desk: https://desk.example.com",
    ]


@pytest.mark.parametrize(
    ("more", "links"),
    [
        ("", Links()),
        (f"[desk]\n{USERS}", Links()),
        (
            f'[desk]\n{USERS}public_url = "https://desk.example.com/"\n\n[alerts]\ntargets = ["json://x"]\n'
            'runbooks_url = "https://docs.example.com"\n',
            Links("https://desk.example.com", "https://docs.example.com"),
        ),
    ],
)
def test_where_messages_lead_is_a_setting(tmp_path: Path, more: str, links: Links) -> None:
    rig = a_rig(tmp_path, more=f"\n{more}")
    assert Links.of(load_settings(rig.config)) == links
    rig.database.close()


def test_what_a_former_release_remembers_is_read(tmp_path: Path) -> None:
    path, told = tmp_path / "watch.json", {"since": NOW.isoformat(), "at": NOW.isoformat(), "is_urgent": True}
    path.write_text(json.dumps({"since": {}, "told": {"targets:1": {"silence:a": told}}}))
    memory = Memory.load(path)
    assert memory.known == {"targets:1": Known({"silence:a": Told(NOW, NOW, is_urgent=True)})}
    assert (memory.mutes, memory.trouble) == ((), None)


def test_a_storm_is_a_short_message_that_names_what_is_urgent() -> None:
    many = tuple(alarm(f"flagged:{n}", Urgency.NORMAL, text="x" * 5_000) for n in range(10_000))
    lines = body(News((*many, alarm("silence:a"))), NOW, NOWHERE).splitlines()
    assert "silence:a" in lines[0]
    assert (len(lines), lines[-1]) == (MOST_LINES + 1, "and 9981 more: see `tidegate status`")
    assert sum(map(len, lines)) < 20_000


def test_a_traceback_becomes_one_line() -> None:
    assert "Traceback File x KeyError -> " in body(
        News((alarm("fault:a", text="Traceback\n  File x\nKeyError"),)), NOW, NOWHERE
    )


def test_what_was_told_is_known_to_the_next_watch(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "new" / "watch.json")
    memory.dated([alarm("silence:a")], [])
    memory.known = {"targets:1": Known({"silence:a": Told(NOW, NOW, is_urgent=True)}, (NOW,))}
    memory.mutes = (Mute("drift:*", NOW, NOW + timedelta(hours=4), "ann", "stock-taking"),)
    memory.save()
    memory.save()
    again = Memory.load(memory.path)
    assert (again.since, again.known, again.mutes, again.trouble) == (memory.since, memory.known, memory.mutes, None)
    assert [path.name for path in memory.path.parent.iterdir()] == ["watch.json"], "no draft is left behind"


@pytest.mark.parametrize("text", ["", "[]", '{"since": {}}', '{"since": {"a": "2026-03-02T15:00:00"}, "told": {}}'])
def test_a_broken_file_is_begun_anew_and_said_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "watch.json"
    path.write_text(text)
    memory = Memory.load(path)
    assert memory.known == {}
    assert "could not be read" in str(memory.trouble)


def test_an_alarm_is_as_old_as_when_it_was_first_seen(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "watch.json")
    away = OpenAlarm("ledger:away", Urgency.AT_ONCE, "no answer", NOW)
    later = OpenAlarm("ledger:away", Urgency.AT_ONCE, "no answer", NOW + timedelta(minutes=9))
    assert [each.since for each in memory.dated([away], [])] == [NOW]
    assert [each.since for each in memory.dated([later], [])] == [NOW]
    assert memory.dated([], ["ledger:away"]) == []
    assert [each.since for each in memory.dated([later], [])] == [NOW], "it was only hidden meanwhile"
    memory.dated([], [])
    assert [each.since for each in memory.dated([later], [])] == [later.since]
