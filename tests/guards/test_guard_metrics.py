"""Metrics are declared once: code, dashboard and alert rules use what is declared, and everything declared is used."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from bridge.outcomes import Outcome
from bridge.states import State
from tests.guards.tree import ROOT, name_of, parsed, python_files
from workers.metrics import declared
from workers.metrics.declared import DECLARED, Metric
from workers.metrics.settings import PORTS

DASHBOARD = json.loads((ROOT / "deploy/grafana/tidegate.json").read_text(encoding="utf-8"))
RULES = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))
SCRAPED = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))

BY_NAME = {each.name: each for each in DECLARED}
PROMETHEUS_OWN = {"up": {"job", "instance"}}
WORDS = {"and", "or", "unless", "bool", "offset"}
_GROUPED = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_MATCHED = re.compile(r"\{([^}]*)\}")


def alerts() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    """Every PromQL expression with its place."""
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def names_in(expression: str) -> set[str]:
    """The metrics of an expression: what is left of it without labels, ranges, functions, words and numbers."""
    bare = re.sub(r"\[[^]]*]", "", _GROUPED.sub("", _MATCHED.sub("", re.sub(r'"[^"]*"', '""', expression))))
    return set(re.findall(r"(?<![\w.])([A-Za-z_:][\w:]*)\b(?!\s*\()", bare)) - WORDS


def labels_in(expression: str) -> set[str]:
    """The labels by which an expression groups or chooses."""
    grouped = {label.strip() for labels in _GROUPED.findall(expression) for label in labels.split(",")}
    chosen = {name for part in _MATCHED.findall(expression) for name in re.findall(r"(\w+)\s*[=!]", part)}
    return grouped | chosen


def metric_of(series: str) -> Metric | None:
    """The metric that a series belongs to: a histogram has three kinds of them."""
    stem = re.sub(r"_(bucket|sum|count)$", "", series)
    if stem in BY_NAME and BY_NAME[stem].kind == "histogram":
        return BY_NAME[stem] if stem != series else None
    return BY_NAME.get(series)


def test_the_parser_finds_names_and_labels() -> None:
    text = 'sum by (lane, le) (rate(a_total{x="y(z)", w!="1h"}[5m])) / 3600 > bool max(b_seconds) and c:d'
    assert names_in(text) == {"a_total", "b_seconds", "c:d"}
    assert labels_in(text) == {"lane", "le", "x", "w"}


@pytest.mark.parametrize(("place", "expression"), list(expressions()))
def test_every_metric_and_label_of_an_expression_is_declared(place: str, expression: str) -> None:
    assert expression.count("(") == expression.count(")")
    names = names_in(expression)
    assert names, place
    known = {"le", "job", "instance"}
    for name in names - PROMETHEUS_OWN.keys():
        metric = metric_of(name)
        assert metric, f"{place}: {name} is not declared in workers/metrics/declared.py"
        known |= set(metric.by)
    assert labels_in(expression) <= known, place


@pytest.mark.parametrize(("place", "expression"), list(expressions()))
def test_states_and_outcomes_are_those_that_there_are(place: str, expression: str) -> None:
    del place
    known = {"state": [state.value for state in State], "outcome": [outcome.value for outcome in Outcome]}
    for label, pattern in re.findall(r'\b(state|outcome)[=!]~?"([^"]*)"', expression):
        for each in pattern.split("|"):
            assert [value for value in known[label] if re.fullmatch(each, value)], (label, each)


@pytest.mark.parametrize("metric", DECLARED, ids=lambda metric: metric.name)
def test_a_metric_is_named_as_the_field_names_them(metric: Metric) -> None:
    assert re.fullmatch(r"tidegate_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.name.endswith("_seconds") or metric.kind != "histogram"
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert list(metric.buckets) == sorted(metric.buckets)
    assert metric.does.endswith(".")
    assert "le" not in metric.by


def test_no_name_is_declared_twice() -> None:
    assert len(BY_NAME) == len(DECLARED) > 20


def test_every_declared_metric_is_used_in_code_and_on_a_page_that_people_watch() -> None:
    files = [path for path in python_files("workers") if name_of(path) != "workers/metrics/declared.py"]
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for path in files
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    constants = {name: each for name, each in vars(declared).items() if isinstance(each, Metric)}
    assert [name for name in constants if name not in used] == []
    watched = {metric_of(name) for _, expression in expressions() for name in names_in(expression)}
    assert [each.name for each in DECLARED if each not in watched] == [], "neither on the dashboard nor in a rule"


def test_no_other_file_of_ours_names_a_metric() -> None:
    found = [
        (name_of(path), node.value)
        for path in python_files("workers", "tasks", "bridge", "mappings")
        if name_of(path) != "workers/metrics/declared.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and metric_of(node.value)
    ]
    assert found == []


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_a_rule_says_how_urgent_it_is_and_leads_to_a_runbook(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"] == {"severity": rule["labels"]["severity"]}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "runbook"}
    assert (ROOT / rule["annotations"]["runbook"]).is_file()
    assert re.fullmatch(r"\d+[smhd]", rule.get("for", "1m"))


def test_rules_and_panels_have_names_of_their_own() -> None:
    for names in ([rule["alert"] for rule in alerts()], [panel["title"] for panel in DASHBOARD["panels"]]):
        assert len(set(names)) == len(names)


def test_the_dashboard_has_a_row_for_each_subject_and_no_panel_lies_over_another() -> None:
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Overview", "Lanes", "Seats", "Storefronts and the Sage agent", "Workers"]
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_prometheus_reads_every_program() -> None:
    targets = [
        target for job in SCRAPED["scrape_configs"] for each in job["static_configs"] for target in each["targets"]
    ]
    assert {int(target.rpartition(":")[2]) for target in targets} == set(PORTS.values())
    assert SCRAPED["rule_files"] == ["alerts.yml"]
