"""The power fails in the middle of a training."""

from ml.base_data import Mnist
from tests.e2e.power_cut import cut, kill, teach
from tests.e2e.stack import Site


def test_a_training_goes_on_and_nothing_is_lost_or_half_promoted(tmp_path_factory, mnist: Mnist) -> None:
    site = Site(tmp_path_factory.mktemp("power"))
    try:
        site.start()
        teach(site, mnist, tmp_path_factory.mktemp("lessons"))
        found = cut(site, "training", seed=0)
    finally:
        kill(site)
    assert found.is_sound, found
    assert (found.status, found.attempts) == ("done", 2)
