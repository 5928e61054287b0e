"""The desk's templates, script and style: nothing inline, every form ours, every field labelled, enough contrast."""

import re
from pathlib import Path

import pytest

from desk.pages import PAGES
from desk.visits import Page
from tests.guards.tree import ROOT, files, name_of

TEMPLATES = [path for path in files() if path.suffix == ".html" and path.is_relative_to(ROOT / "desk/templates")]
STYLE = (ROOT / "desk/static/desk.css").read_text(encoding="utf-8")
CONTRAST = 4.5
"""What WCAG 2 asks of text at level AA."""


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_no_template_has_a_script_or_a_style_inline(path: Path) -> None:
    text = text_of(path)
    assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", text)
    assert not re.search(r"<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text), "the desk fetches nothing from elsewhere"


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_nothing_is_taken_for_markup_that_came_from_outside(path: Path) -> None:
    assert not re.search(r"\|\s*safe\b|autoescape\s+false", text_of(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_form_that_changes_something_carries_the_token(path: Path) -> None:
    for form in re.findall(r"<form\b.*?</form>", text_of(path), re.DOTALL):
        if 'method="post"' in form:
            assert re.search(r"\{\{ (?:ui\.)?token\(visit\) \}\}", form), form
        else:
            assert 'method="get"' in form, form


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_field_has_a_label_and_every_column_a_heading(path: Path) -> None:
    text = text_of(path)
    labelled = "".join(re.findall(r"<label\b.*?</label>", text, re.DOTALL))
    for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", text):
        assert 'type="hidden"' in field or field in labelled, field
    assert all("scope=" in cell for cell in re.findall(r"<th\b[^>]*>", text))


def test_what_changes_something_is_a_post_and_what_shows_is_a_get() -> None:
    assert {page.method for page in PAGES} == {"GET", "POST"}
    assert all(page.least is not None for page in PAGES if page.path != "/log-in"), "only the log-in lets everybody in"
    assert len({(page.method, page.path) for page in PAGES}) == len(PAGES)


def test_a_part_is_only_ever_fetched() -> None:
    parts: list[Page] = [page for page in PAGES if page.is_part]
    assert {page.method for page in parts if not page.is_look} == {"GET"}
    live = {place for path in TEMPLATES for place in re.findall(r'data-live="([^"{?]+)', text_of(path))}
    assert live <= {page.path for page in parts} | {page.path.partition("{")[0] for page in parts}


def colours(part: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))


def luminance(colour: str) -> float:
    """As WCAG 2 defines relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back"),
    [(front, back) for front in ("text", "quiet", "accent", "bad", "good") for back in ("ground", "raised")]
    + [("on-accent", "accent")],
)
def test_text_stands_out_from_its_ground(theme: str, front: str, back: str) -> None:
    light, dark = STYLE.split("@media (prefers-color-scheme: dark)")[:2]
    found = colours(light if theme == "light" else dark)
    dimmer, brighter = sorted((luminance(found[front]), luminance(found[back])))
    assert (brighter + 0.05) / (dimmer + 0.05) >= CONTRAST
