"""What a person does at the desk in a browser: logs in, goes from page to page, and uses nothing but the keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from desk.pages import PAGES
from desk.pages.flower import PLACE as FLOWER

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOOKED_AT = tuple(
    each.path
    for each in PAGES
    if each.method == "GET" and each.least is not None and not each.is_part and not each.path.startswith(FLOWER)
)
"""The desk's own pages behind its log-in; Flower's are its makers'."""

_MOST_TABS = 200
_FOCUSED = """\
() => {
  const at = document.activeElement;
  const name = at.labels?.[0]?.innerText ?? at.getAttribute("aria-label") ?? at.innerText ?? "";
  return [name.trim(), getComputedStyle(at).outlineStyle];
}
"""


def log_in(page: Page, name: str, password: str) -> None:
    """Fills in the form, and returns once the overview is there."""
    page.goto("/log-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Overview").wait_for()


def addresses(page: Page) -> dict[str, str]:
    """An address for each page that a person looks at: the first link that leads to it from another one.

    Fails for a page to which none leads.
    """
    found, seen, to_visit = {"/": "/"}, {"/"}, ["/"]
    while to_visit and found.keys() != set(LOOKED_AT):
        page.goto(to_visit.pop(0))
        for link in page.eval_on_selector_all("a[href]", "all => all.map(each => each.getAttribute('href'))"):
            path = _page_of(link)
            if path and link not in seen:
                found.setdefault(path, link)
                seen.add(link)
                to_visit.append(link)
    assert found.keys() == set(LOOKED_AT), f"no page leads to {set(LOOKED_AT) - found.keys()}"
    return found


def _page_of(link: str) -> str | None:
    """Which of the desk's own pages a link leads to; the one without a part that varies, if both fit."""
    place = link.partition("?")[0]
    fits = [path for path in LOOKED_AT if re.fullmatch(re.sub(r"\{\w+\}", r"[^/?#]+", path), place)]
    return min(fits, key=lambda path: path.count("{"), default=None)


def open_everything(page: Page) -> None:
    """Unfolds what can be unfolded, so that it is looked at too."""
    page.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true })")


def tab_to(page: Page, name: str) -> None:
    """Presses the tabulator until what has this name has the focus, which must be seen wherever it comes."""
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        focused, outline = page.evaluate(_FOCUSED)
        assert outline != "none", f"{focused!r} has the focus, and nobody sees it"
        if focused == name:
            return
    raise AssertionError(f"the tabulator never comes to {name!r}")
