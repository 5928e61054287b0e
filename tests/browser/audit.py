"""What keeps people from using a page: what axe-core finds against WCAG 2, and what sticks out of a narrow screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""axe-core's tags for WCAG 2.0, 2.1 and 2.2, levels A and AA."""

_RUN = "levels => axe.run(document, {runOnly: levels, resultTypes: ['violations']})"

_STICKING_OUT = """\
() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll("body *")].filter(each => each.getBoundingClientRect().right > width + 1);
  return wide.map(each => `${each.tagName.toLowerCase()}.${each.className}: ${each.textContent.trim().slice(0, 40)}`);
}
"""


def violations(page: Page) -> list[str]:
    """Each place of the page at which a rule of WCAG 2 A or AA is broken, with the rule and what would mend it."""
    told = page.evaluate(_RUN, list(LEVELS))
    return [
        f"{rule['id']} at {place['target']}: {place['failureSummary']}"
        for rule in told["violations"]
        for place in rule["nodes"]
    ]


def sticking_out(page: Page) -> list[str]:
    """What is wider than the screen, when the page can be scrolled sideways; otherwise nothing."""
    found: list[str] = page.evaluate(_STICKING_OUT)
    return found
