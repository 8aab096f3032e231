"""The simulation: who sends and who doesn't, and a whole run on a small scale."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from ml.sources.labelled.sets import Labelled
from predictor.models import Drawing, Label, Owner, TrainingRun
from predictor.tools import simulation
from tests.predictor.stored import store


def _example(writer: str, label: str, name: str) -> Labelled:
    return Labelled(np.zeros((3, 3, 3), np.uint8), label, writer, name)


def test_every_second_writer_sends_half_of_the_drawings_of_each_label() -> None:
    drawn = [(turn, writer, label) for turn in "ab" for writer in "vwx" for label in "01"]
    examples = [_example(writer, label, f"{writer}{label}{turn}") for turn, writer, label in drawn]
    plan = simulation.plan_writers(examples)
    assert [each.name for each in plan.sent] == ["v0a", "v1a", "x0a", "x1a"]
    assert [each.name for each in plan.held_back] == ["v0b", "v1b", "x0b", "x1b"]
    assert {each.writer for each in plan.unseen} == {"w"}


def test_hands_that_send_and_unseen_hands_are_different() -> None:
    plan = simulation.plan_forms([(9, "open_bowl"), (1, "flagged")], sent=40, unseen=30)
    assert {each.label for each in plan.sent} == {"9", "1"}
    assert not {each.writer for each in plan.sent} & {each.writer for each in plan.unseen}
    assert len({each.picture.tobytes() for each in plan.sent + plan.unseen}) == 70


def test_a_poisoner_is_one_visitor_and_labels_everything_wrongly() -> None:
    poisoned, honest = simulation.mislabelled(30), list(simulation._drawn([(0, "oval")], 1, 5))
    assert len({each.writer for each in poisoned}) == 1
    assert all(each.label == str((int(each.name[0]) + 1) % 10) for each in poisoned)
    assert honest[0].label == "0"


@pytest.mark.slow
@pytest.mark.usefixtures("worker", "small", "open_gate")
def test_a_retrain_learns_from_the_simulated_corrections(live_server: Any, settings: Any, capsys: Any) -> None:
    settings.HOST, settings.PORT = live_server.thread.host, live_server.thread.port
    call_command("simulate", "--form", "9:open_bowl", "--corrections", "12", "--others", "10")
    assert Drawing.objects.count() == Label.objects.filter(state="accepted").count() == 12
    assert TrainingRun.objects.get().status == "done"
    said = capsys.readouterr().out
    assert "unseen writers" in said
    assert "of 10 (" in said


@pytest.mark.parametrize("name", ["simulate", "measure_loop"])
def test_a_site_with_drawings_is_refused(writer: Owner, name: str) -> None:
    store(writer)
    with pytest.raises(CommandError, match="Name a new folder"):
        call_command(name, "--poison", "3")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Give a file of strokes"),
        (("--form", "9:gothic"), "one of 0: oval"),
        ((Path("none.jsonl"),), "does not exist"),
    ],
)
def test_bad_arguments_are_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("simulate", *map(str, arguments))
