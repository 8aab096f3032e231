"""A site of their own for the tests that kill its workers, exchange its network or fill its review queue."""

from collections.abc import Iterator

import pytest

from tests.e2e.support.stack import Site


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("own site"))
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def site(stack: Site) -> str:
    return stack.url
