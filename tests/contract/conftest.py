"""Sandbox sites and workers at their doors, for the tests of the storefront adapter."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from bridge.events.redis_client import open_client
from tests.contract.storefront_sites import Opener, SandboxShop, SiteProcess, profile_file
from workers.broker import EmbeddedBroker


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteProcess]:
    with SiteProcess(tmp_path_factory.mktemp("faults"), "clarity-v1") as process:
        yield process


@pytest.fixture(scope="module")
def minimal_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteProcess]:
    with SiteProcess(tmp_path_factory.mktemp("minimal"), "clarity-minimal") as process:
        yield process


@pytest.fixture
def open_shop(site: SiteProcess, tmp_path: Path) -> Iterator[Opener]:
    """Opens workers on the one site; `more` is YAML for the profile."""
    opened: list[SandboxShop] = []

    def opener(more: str = "", **settings: Any) -> SandboxShop:
        opened.append(SandboxShop(site, profile_file(tmp_path, "clarity-v1", more), **settings))
        return opened[-1]

    yield opener
    for shop in opened:
        shop.close()


@pytest.fixture
def shop(open_shop: Opener) -> SandboxShop:
    return open_shop()


@pytest.fixture
def valkey(broker: EmbeddedBroker) -> Iterator[redis.Redis]:
    with open_client(broker.url) as client:
        yield client
