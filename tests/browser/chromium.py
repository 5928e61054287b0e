"""A real, headless Chromium for tests: one a test file, a fresh profile for each page that a test opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.parts import parts

if TYPE_CHECKING:  # most test processes never open a browser
    from playwright.sync_api import Browser, Page

_SWITCHES = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
_TIMEOUT_MS = 15_000
_POLICY = "Content Security Policy"
"""Stands in each of Chromium's complaints about what a page's own policy forbids it."""


@dataclass(frozen=True)
class Look:
    """How somebody looks at a page: size in CSS pixels, and the colours that he asked his machine for."""

    width: int = 1280
    height: int = 800
    colours: Literal["light", "dark"] = "light"


DESKTOP = Look()
DARK = Look(colours="dark")
PHONE = Look(width=390, height=844)
LOOKS = (DESKTOP, DARK, PHONE, Look(width=390, height=844, colours="dark"))


@dataclass(frozen=True)
class Chromium:
    """A browser that runs, and where axe-core is; None when the browser is the machine's own."""

    running: Browser
    axe: Path | None

    @contextmanager
    def page(self, look: Look = DESKTOP, base_url: str | None = None) -> Iterator[Page]:
        """A page with cookies of its own, gone at the end. An error that its scripts throw fails the test.

        So does what its content policy forbids it.
        """
        thrown: list[str] = []
        size = {"width": look.width, "height": look.height}
        context = self.running.new_context(
            base_url=base_url, viewport=size, color_scheme=look.colours, locale="en-US", timezone_id="UTC",
            is_mobile=look.width < 600, has_touch=look.width < 600, reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(_TIMEOUT_MS)
        if self.axe:
            context.add_init_script(
                path=self.axe
            )  # so it comes in past the page's content policy, which stays in force
        try:
            page = context.new_page()
            page.on("pageerror", lambda error: thrown.append(str(error)))
            page.on("console", lambda said: thrown.append(said.text) if _POLICY in said.text else None)
            yield page
        finally:
            context.close()
        assert not thrown, f"the page's scripts threw {thrown}"


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Starts the browser and ends it. Raises `NoBrowser`."""
    from playwright.sync_api import sync_playwright

    had = parts()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=had.chromium, env=dict(had.environment), args=list(_SWITCHES), chromium_sandbox=False
        )
        try:
            yield Chromium(running, had.axe)
        finally:
            running.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """The file's browser. Not the session's: while Playwright is open, no other test of its process may use asyncio."""
    with chromium() as opened:
        yield opened
