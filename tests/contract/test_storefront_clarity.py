"""The Clarity adapter keeps the contract in both profiles, against a sandbox site in a process of its own."""

from collections.abc import Iterator

import pytest

from tests.contract.storefront_contract import StorefrontContract
from tests.contract.storefront_showing_contract import ShowcaseContract
from tests.contract.storefront_sites import SandboxShop, SiteProcess, profile_file


@pytest.fixture(scope="module")
def v1_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteProcess]:
    with SiteProcess(tmp_path_factory.mktemp("v1"), "clarity-v1") as process:
        yield process


def open_shop(process: SiteProcess, profile: str) -> Iterator[SandboxShop]:
    shop = SandboxShop(process, profile)
    yield shop
    shop.close()


class TestClarityV1(StorefrontContract):
    @pytest.fixture
    def shop(self, v1_site: SiteProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxShop]:
        yield from open_shop(v1_site, profile_file(tmp_path_factory.mktemp("profile"), "clarity-v1"))


class TestClarityMinimal(StorefrontContract):
    @pytest.fixture
    def shop(self, minimal_site: SiteProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxShop]:
        yield from open_shop(minimal_site, profile_file(tmp_path_factory.mktemp("profile"), "clarity-minimal"))


class TestClarityV1Showcase(ShowcaseContract):
    @pytest.fixture
    def shop(self, v1_site: SiteProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxShop]:
        yield from open_shop(v1_site, profile_file(tmp_path_factory.mktemp("profile"), "clarity-v1"))


class TestClarityMinimalShowcase(ShowcaseContract):
    @pytest.fixture
    def shop(self, minimal_site: SiteProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxShop]:
        yield from open_shop(minimal_site, profile_file(tmp_path_factory.mktemp("profile"), "clarity-minimal"))
