"""Every route of the desk: who may come in, which forms count, and what each answer carries."""

from collections.abc import Iterator

import pytest

from bridge.ledger.store import Database
from desk.app import HEADERS
from desk.gate import MAX_FORM_BYTES
from desk.pages import PAGES
from desk.settings import Role
from desk.visits import Page
from tests.desk_rig import ORIGIN, USERS, DeskRig, a_desk_rig, token_of

FORBIDDEN = 403
GUARDED = [page for page in PAGES if page.least is not None]
POSTS = [page for page in GUARDED if page.method == "POST" and not page.is_look]


def name_of(page: Page) -> str:
    return f"{page.method} {page.path}"


def place(page: Page) -> str:
    """An address of the page; what its path stands for need not exist."""
    return page.path.replace("{lane}", "sage100:ABC").replace("{id}", "1").replace("{system}", "sage100")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskRig]:
    from bridge.ledger.migrate import migrate

    database = Database(f"sqlite:///{tmp_path_factory.mktemp('desk') / 'ledger.db'}")
    migrate(database)
    with a_desk_rig(database) as made:
        yield made
    database.close()


@pytest.fixture(scope="module")
def people(desk: DeskRig) -> dict[str, DeskRig]:
    """Somebody of each role, logged in, in a browser of his own."""
    found = {role: desk.another_browser() for role in USERS.values()}
    for name, role in USERS.items():
        assert found[role].log_in(name).status_code == 303
    return found


@pytest.mark.parametrize("page", GUARDED, ids=name_of)
def test_nobody_comes_in_without_a_session(desk: DeskRig, page: Page) -> None:
    headers = {"Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    answer = desk.another_browser().browser.request(page.method, place(page), headers=headers, follow_redirects=False)
    wanted = (401, None) if page.is_part else (303, "/log-in?next=")
    assert answer.status_code == wanted[0]
    assert wanted[1] is None or answer.headers["location"].startswith(wanted[1])


@pytest.mark.parametrize("page", GUARDED, ids=name_of)
@pytest.mark.parametrize("role", list(Role))
def test_each_role_comes_as_far_as_the_table_says(people: dict[str, DeskRig], page: Page, role: Role) -> None:
    browser = people[role].browser
    if page.path == "/log-out":
        pytest.skip("it would end the session that the other cases use; test_desk_log_in has it")
    data = {"form_token": token_of(browser.get("/"))} if page.method == "POST" else None
    answer = browser.request(page.method, place(page), data=data, headers={"Origin": ORIGIN}, follow_redirects=False)
    assert page.least
    assert (answer.status_code == FORBIDDEN) is not role.may(page.least), answer.text
    assert answer.status_code < 500


@pytest.mark.parametrize("page", POSTS, ids=name_of)
@pytest.mark.parametrize(
    ("origin", "token"),
    [(ORIGIN, "0" * 64), (ORIGIN, ""), ("https://evil.example", None), ("null", None), ("", None)],
    ids=["another token", "no token", "another origin", "a hidden origin", "no origin"],
)
def test_a_form_that_is_not_ours_does_nothing(
    people: dict[str, DeskRig], page: Page, origin: str, token: str | None
) -> None:
    browser = people[Role.ADMINISTER].browser
    data = {"form_token": token_of(browser.get("/")) if token is None else token, "why": "because"}
    headers = {"Origin": origin} if origin else {}
    before = people[Role.ADMINISTER].trail()
    assert browser.post(place(page), data=data, headers=headers).status_code == FORBIDDEN
    assert people[Role.ADMINISTER].trail() == before


def test_the_log_in_form_is_tied_to_the_browser_that_fetched_it(desk: DeskRig) -> None:
    other, mine = desk.another_browser(), desk.another_browser()
    foreign = token_of(other.browser.get("/log-in"))
    mine.browser.get("/log-in")
    data = {"name": "olaf", "password": "any", "form_token": foreign}
    assert mine.browser.post("/log-in", data=data, headers={"Origin": ORIGIN}).status_code == FORBIDDEN


def test_one_session_token_does_not_serve_another_session(people: dict[str, DeskRig]) -> None:
    foreign = token_of(people[Role.VIEW].browser.get("/"))
    answer = people[Role.OPERATE].browser.post("/log-out", data={"form_token": foreign}, headers={"Origin": ORIGIN})
    assert answer.status_code == FORBIDDEN


@pytest.mark.parametrize("path", ["/", "/log-in", "/static/desk.js", "/nowhere", "/trail", "/health"])
def test_every_answer_carries_the_headers(people: dict[str, DeskRig], path: str) -> None:
    answer = people[Role.VIEW].browser.get(path, follow_redirects=False)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_a_body_is_bounded_and_must_be_a_form(desk: DeskRig) -> None:
    browser = desk.another_browser().browser
    headers = {"Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    assert browser.post("/log-in", content=b"a" * (MAX_FORM_BYTES + 1), headers=headers).status_code == 413
    assert browser.post("/log-in", json={"name": "olaf"}, headers={"Origin": ORIGIN}).status_code == 415


def test_a_strange_method_or_place_is_refused(people: dict[str, DeskRig]) -> None:
    browser = people[Role.ADMINISTER].browser
    assert browser.delete("/").status_code == 405
    assert browser.get("/static/../app.py").status_code == 404
