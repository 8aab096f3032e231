"""Two sites: one without limits, and one with those of a new site, but for longer windows, behind a proxy."""

from collections.abc import Iterator

import pytest

from tests.e2e.support.stack import Site


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from _started(Site(tmp_path_factory.mktemp("hostile") / "data"))


@pytest.fixture(scope="package")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    limits = {"DIGITSITE_THROTTLE": "300/hour", "DIGITSITE_SIGN_INS": "10/hour", "DIGITSITE_SIGN_UPS": "5/hour"}
    data = tmp_path_factory.mktemp("limited") / "data"
    yield from _started(Site(data, DIGITSITE_TRUST_PROXY="1", **limits))


def _started(site: Site) -> Iterator[Site]:
    try:
        site.start()
        yield site
    finally:
        site.stop()
