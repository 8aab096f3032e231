"""Measuring the loop: who meets the site and who doesn't, and the whole of it on a small scale."""

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


def test_every_second_writer_meets_the_site_and_keeps_half_of_each_label() -> None:
    drawn = [(turn, writer, label) for turn in "ab" for writer in "vwx" for label in "01"]
    examples = [_example(writer, label, f"{writer}{label}{turn}") for turn, writer, label in drawn]
    parts = simulation.split(examples)
    assert [each.name for each in parts.sent] == ["v0a", "v1a", "x0a", "x1a"]
    assert [each.name for each in parts.kept] == ["v0b", "v1b", "x0b", "x1b"]
    assert {each.writer for each in parts.others} == {"w"}


def test_hands_that_send_are_never_those_that_are_kept() -> None:
    parts = simulation.in_many_hands([(9, "open_bowl"), (1, "flagged")], sent=40, others=30)
    assert {each.label for each in parts.sent} == {"9", "1"}
    assert not {each.writer for each in parts.sent} & {each.writer for each in parts.others}
    assert len({each.picture.tobytes() for each in parts.sent + parts.others}) == 70


def test_every_label_of_a_poisoner_is_wrong_and_all_are_one_visitors() -> None:
    poisoned, honest = simulation.mislabelled(30), list(simulation._drawn([(0, "oval")], 1, 5))
    assert len({each.writer for each in poisoned}) == 1
    assert all(each.label == str((int(each.name[0]) + 1) % 10) for each in poisoned)
    assert honest[0].label == "0"


@pytest.mark.usefixtures("worker", "small", "open_gate")
def test_what_is_drawn_and_corrected_over_the_api_is_learned(live_server: Any, settings: Any, capsys: Any) -> None:
    settings.HOST, settings.PORT = live_server.thread.host, live_server.thread.port
    call_command("measure_loop", "--form", "9:open_bowl", "--corrections", "12", "--others", "10")
    assert Drawing.objects.count() == Label.objects.filter(state="accepted").count() == 12
    assert TrainingRun.objects.get().status == "done"
    said = capsys.readouterr().out
    assert "writers never met" in said
    assert "of 10 (" in said


def test_a_site_with_drawings_is_left_alone(writer: Owner) -> None:
    store(writer)
    with pytest.raises(CommandError, match="Name a new folder"):
        call_command("measure_loop", "--poison", "3")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [((), "Name a file of strokes"), (("--form", "9:gothic"), "one of 0: oval"), ((Path("none.jsonl"),), "not there")],
)
def test_what_cant_be_played_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("measure_loop", *map(str, arguments))
