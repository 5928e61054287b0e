"""Profiles: the shipped ones load, a site's own overrides them, and a mistake is named with its place and remedy."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from bridge.errors import Misconfigured
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.profile_file import load_profile, shipped_profiles
from bridge.storefront.clarity.settings import ClaritySettings
from bridge.storefront.clarity.site import ClaritySite


def written(folder: Path, text: str, name: str = "own.yaml") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_the_shipped_profiles_load_under_their_names() -> None:
    assert shipped_profiles() == ["clarity-minimal", "clarity-v1"]
    assert [load_profile(name).name for name in shipped_profiles()] == shipped_profiles()


def test_a_site_overrides_only_what_differs(tmp_path: Path) -> None:
    own = load_profile(written(tmp_path, "extends: clarity-v1\nname: shop\npaths: {orders: {list: /sales-orders}}\n"))
    base = load_profile("clarity-v1")
    assert (own.name, own.paths.orders.listing) == ("shop", "/sales-orders")
    assert (own.paths.orders.one, own.auth) == (base.paths.orders.one, base.auth)


def test_a_file_may_extend_a_file_beside_it(tmp_path: Path) -> None:
    written(tmp_path, "extends: clarity-minimal\nincremental: {timezone: Europe/Berlin}\n", "group.yaml")
    own = load_profile(written(tmp_path, "extends: group.yaml\nname: berlin\n"))
    assert (own.incremental.timezone, own.naming.case) == ("Europe/Berlin", "pascal")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("extends: clarity-v1\npaging: {mode: offset}\n", "own.yaml: paging.mode: 'offset': .*'cursor' or 'page'"),
        ("extends: clarity-v1\npagign: {mode: page}\n", "own.yaml: pagign: .*no such key"),
        ("extends: clarity-v1\nlimits: {rps: '10'}\n", "own.yaml: limits.rps: '10': .*correct the value"),
        ("extends: clarity-v1\nlimits: {burst: 0}\n", "own.yaml: limits.burst: 0: .*greater than 0"),
        ("extends: clarity-v1\nincremental: {timezone: Texas}\n", "incremental.timezone: 'Texas': .*America/New_York"),
        ("extends: clarity-v1\npaths: {orders: {get: orders}}\n", "own.yaml: paths.orders.get: 'orders'"),
        ("extends: clarity-v2\n", "profile 'clarity-v2': .*one of: clarity-minimal, clarity-v1"),
        ("extends: own.yaml\n", "does a file extend itself"),
        ("name: lonely\n", "own.yaml: auth: is missing; .*extends: clarity-v1"),
        ("a: [1\n", "own.yaml: not YAML"),
        ("- a\n", "own.yaml: holds list"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_way_out(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        load_profile(written(tmp_path, text))


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as told:
        load_profile(written(tmp_path, "extends: clarity-v1\nlimits: {rps: 0, burst: 0}\n"))
    assert len(str(told.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("profile", "moment", "spelled"),
    [
        ("clarity-v1", datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC), "2026-03-01T12:00:00.123Z"),
        ("clarity-minimal", datetime(2026, 3, 1, 12, 0, 0, 999_000, tzinfo=UTC), "2026-03-01T06:00:00"),
        ("clarity-minimal", datetime(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01T07:00:00"),
        # clocks go back on 2026-11-01 at 07:00 UTC: 01:30 comes twice, so the filter starts before both
        ("clarity-minimal", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "2026-11-01T00:30:00"),
        ("clarity-minimal", datetime(2026, 11, 1, 7, 30, tzinfo=UTC), "2026-11-01T00:30:00"),
        ("clarity-minimal", datetime(2026, 11, 1, 8, 30, tzinfo=UTC), "2026-11-01T02:30:00"),
        # clocks go forward on 2026-03-08 at 08:00 UTC
        ("clarity-minimal", datetime(2026, 3, 8, 7, 30, tzinfo=UTC), "2026-03-08T01:30:00"),
        ("clarity-minimal", datetime(2026, 3, 8, 8, 30, tzinfo=UTC), "2026-03-08T03:30:00"),
    ],
)
def test_the_change_filter_is_never_later_than_asked(profile: str, moment: datetime, spelled: str) -> None:
    assert load_profile(profile).incremental.spell(moment) == spelled


@pytest.mark.parametrize(
    ("path", "value"),
    [("a", {"b": [1, {"c": 2}]}), ("a.b[1].c", 2), ("a.b[0]", 1), ("a.b[2]", None), ("a.x.y", None), ("a[0]", None)],
)
def test_a_path_finds_its_value_or_nothing(path: str, value: object) -> None:
    assert dig({"a": {"b": [1, {"c": 2}]}}, path) == value


@pytest.mark.parametrize(
    "url", ["shop.example.com", "ftp://shop.example.com", "https://shop.example.com/api", "https://"]
)
def test_a_base_url_is_scheme_and_host(url: str) -> None:
    with pytest.raises(ValidationError, match="scheme and host"):
        ClaritySettings(base_url=url)


def test_plain_http_needs_this_machine_or_a_decision() -> None:
    with pytest.raises(ValidationError, match="https"):
        ClaritySettings(base_url="http://shop.example.com")
    assert ClaritySettings(base_url="http://shop.example.com", allow_plain_http=True)
    assert ClaritySettings(base_url="http://127.0.0.1:8080")


def test_secrets_are_never_shown() -> None:
    settings = ClaritySettings.model_validate(
        {"base_url": "https://a.example", "client_secret": "hush", "api_key": "hush"}
    )
    assert "hush" not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(("profile", "missing"), [("clarity-v1", "client_id"), ("clarity-minimal", "api_key")])
def test_missing_credentials_are_named_before_anything_is_sent(profile: str, missing: str) -> None:
    with pytest.raises(Misconfigured, match=f"{missing} is missing"):
        ClaritySite(ClaritySettings(base_url="https://a.example", profile=profile))


def test_every_setting_has_a_sentence() -> None:
    for name, field in ClaritySettings.model_fields.items():
        assert (field.description or "").endswith("."), name
