"""The operator's pages: a training that runs, the evidence of one that ended, a version in the shadow."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from predictor.drawings import intake
from predictor.models import Drawing, ModelVersion, Owner, Prediction, Rereading, TrainingRun
from predictor.training import flips, gate, progress, runs
from predictor.training.comparison import Comparison, SetReadings
from predictor.versions import registry, shadow
from tests.predictor.artifacts import another_artifact
from tests.predictor.stored import queued, store
from tests.predictor.trainings import claimed, made


@pytest.fixture
def clerk(db: None) -> Client:
    """Someone who may look at trainings and versions, and do nothing."""
    user = User.objects.create_user("clerk", is_staff=True)
    looks = ("view_trainingrun", "view_modelversion")
    user.user_permissions.set(Permission.objects.filter(codename__in=looks))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def candidate(champion: ModelVersion, tmp_path: Path) -> ModelVersion:
    return registry.add_version(folder=another_artifact(tmp_path), parent=champion)


def page(run: TrainingRun) -> str:
    return reverse("admin:predictor_trainingrun_change", args=[run.pk])


def to(name: str, row: Any = None) -> str:
    return reverse(f"admin:predictor_{name}", args=[row.pk] if row else [])


def read(client: Client, address: str, **values: str) -> str:
    answer = client.post(address, values, follow=True) if values else client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


# ── a training that runs ──


def test_how_far_it_is_can_be_asked_for(desk: Client, champion: ModelVersion) -> None:
    now = timezone.now()
    since = (now - timedelta(seconds=60)).isoformat()
    curve = [{"epoch": 0.5, "loss": 0.4, "accuracy": 0.9}]
    made(status="done", config={"from_scratch": False}, record={"seconds": {"training": 100.0, "comparing": 20.0}})
    run = claimed(config={"from_scratch": False}, curves=curve, record={"seconds": {"data": 2.0, "pictures": 1.0}})
    moved = {"stage": "training", "progress": 0.6, "detail": "epoch 2 of 3", "lease_until": timezone.now()}
    record = {**run.record, "pace": {"at": since, "progress": 0.1}, "stage_began_at": since}
    TrainingRun.objects.filter(pk=run.pk).update(**moved, record=record)
    found = desk.get(to("trainingrun_progress", run)).json()
    assert [stage["state"] for stage in found["stages"]] == ["done", "done", "now", "ahead"]
    expected = {"status": "running", "over": False, "detail": "epoch 2 of 3", "curves": curve}
    assert found | expected == found
    slack = (timezone.now() - now).total_seconds() + 1
    # A half in a minute, so 48 s for the rest; then 20 s to compare, as the last time.
    assert 66 < found["remaining"] < 68 + slack
    assert 61 < found["elapsed"] < 63 + slack
    shown = read(desk, page(run))
    assert f'data-url="{to("trainingrun_progress", run)}"' in shown
    assert "stage--now" in shown


def test_without_anything_to_go_by_no_time_is_promised(db: None) -> None:
    assert progress.remaining(made()) is None
    assert progress.remaining(claimed(progress=0.5)) is None


def test_a_training_is_cancelled_by_a_button(desk: Client, champion: ModelVersion) -> None:
    run = claimed()
    assert to("trainingrun_cancel", run) in read(desk, page(run))
    assert "is cancelled" in read(desk, to("trainingrun_cancel", run), go="1")
    run.refresh_from_db()
    assert (run.status, run.error) == ("cancelled", "Cancelled by reviewer.")
    assert "has already ended" in read(desk, to("trainingrun_cancel", run), go="1")
    shown = read(desk, page(run))
    assert "Cancelled by reviewer." in shown
    assert to("trainingrun_cancel", run) not in shown


@pytest.mark.parametrize(("make", "deleted"), [(made, False), (claimed, False), (lambda: made(status="failed"), True)])
def test_a_training_is_deleted_only_once_it_is_over(
    desk: Client, make: Callable[[], TrainingRun], deleted: bool
) -> None:
    run, other = make(), made(status="done")
    chosen = {"action": "delete_selected", "_selected_action": [run.pk, other.pk], "post": "yes"}
    desk.post(to("trainingrun_changelist"), chosen)
    assert TrainingRun.objects.count() == (0 if deleted else 2), "all that were chosen, or none"
    answer = desk.post(reverse("admin:predictor_trainingrun_delete", args=[run.pk]), {"post": "yes"})
    assert answer.status_code == (302 if deleted else 403)
    assert TrainingRun.objects.filter(pk=run.pk).exists() is not deleted


def test_whoever_may_only_look_changes_nothing(clerk: Client, candidate: ModelVersion, champion: ModelVersion) -> None:
    run = made()
    asked = made(status="done", decision="ask", candidate=candidate, champion=champion, verdict="A person is asked.")
    for address in (page(run), page(asked), to("modelversion_change", candidate)):
        assert '<button class="button' not in read(clerk, address)
    for address, values in (
        (to("trainingrun_cancel", run), {"go": "1"}),
        (to("trainingrun_decide", asked), {"answer": "promote"}),
        (to("modelversion_promote", candidate), {"go": "1"}),
        (to("modelversion_shadow", candidate), {"percent": "10"}),
        (to("modelversion_rollback"), {"go": "1"}),
    ):
        assert "You may not" in read(clerk, address, **values), address
        assert clerk.get(address).status_code == 405
    run.refresh_from_db()
    asked.refresh_from_db()
    assert (run.status, asked.decided_at, registry.champion(), shadow.current()) == ("queued", None, champion, None)


def test_an_outsider_learns_nothing_of_a_training(client: Client, db: None) -> None:
    run = made()
    assert client.get(to("trainingrun_progress", run)).status_code == 302
    nobody = User.objects.create_user("nobody", is_staff=True)
    client.force_login(nobody)
    refused = client.get(to("trainingrun_progress", run))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")


# ── the evidence of one that is over ──


def _compared(labels: list[int], champion: list[int], candidate: list[int]) -> Comparison:
    sure = np.full(len(labels), 0.9), np.ones(len(labels), bool)
    return Comparison(np.array(labels), SetReadings(np.array(champion), *sure), SetReadings(np.array(candidate), *sure))


@pytest.fixture
def judged(candidate: ModelVersion, champion: ModelVersion, writer: Owner) -> TrainingRun:
    """A person is asked: a four of MNIST is lost and a seven gained, and of two visitors' drawings each one."""
    holdout = _compared([4, 7, 1], [4, 1, 1], [9, 7, 1])
    validation = _compared([7, 3], [7, 8], [1, 3])
    drawings = [store(writer, "7").pk, store(writer, "3").pk]
    compared = {"holdout": holdout, "grid": holdout, "scribbles": _compared([], [], []), "validation": validation}
    verdict = gate.judge(compared, latency=1.0, size=1.0)
    pictures = np.zeros((3, 28, 28), np.uint8)
    return made(
        status="done",
        decision="ask",
        verdict="A person is asked: so many things.",
        champion=champion,
        candidate=candidate,
        finished_at=timezone.now(),
        evidence={name: found.as_evidence() for name, found in compared.items()},
        rules=[rule.as_row() for rule in verdict.rules],
        flips=[
            *flips.of_pictures("holdout", holdout, pictures, ["MNIST train 1", "MNIST train 2", "MNIST train 3"]),
            *flips.of_drawings("validation", validation, drawings),
        ],
    )


def test_the_evidence_is_shown_rule_by_rule_and_flip_by_flip(desk: Client, judged: TrainingRun) -> None:
    shown = read(desk, page(judged))
    assert "A person is asked: so many things." in shown
    assert shown.count('<tr class="rule ') == len(judged.rules)
    assert "the 4s of held-out MNIST" in shown
    assert shown.count('<li class="flip">') == 4
    assert shown.count('src="data:image/png;base64,') == 2
    for drawing in Drawing.objects.all():
        assert reverse("api:image", args=[drawing.pk]) in shown
    assert 'title="the candidate">9</span>' in shown


def test_a_rule_that_no_longer_exists_is_still_shown(desk: Client, judged: TrainingRun) -> None:
    judged.rules[0]["name"] = "former_rule"
    judged.save(update_fields=["rules"])
    assert "Former rule" in read(desk, page(judged))


def test_a_flip_of_a_drawing_that_is_forgotten_shows_nothing_of_it(desk: Client, judged: TrainingRun) -> None:
    forgotten = Drawing.objects.order_by("created_at").first()
    intake.forget(drawing=forgotten)
    shown = read(desk, page(judged))
    assert str(forgotten.pk) not in shown
    assert "deleted" in shown


def test_a_person_promotes_with_the_evidence_before_them(
    transactional_db: None, desk: Client, judged: TrainingRun, reviewer: User
) -> None:
    assert to("trainingrun_decide", judged) in read(desk, page(judged))
    assert "is the champion" in read(desk, to("trainingrun_decide", judged), answer="promote")
    judged.refresh_from_db()
    assert (judged.promoted, judged.decided_by, registry.champion()) == (True, reviewer, judged.candidate)
    shown = read(desk, page(judged))
    assert "reviewer promoted it" in shown
    assert to("trainingrun_decide", judged) not in shown
    assert "answered already" in read(desk, to("trainingrun_decide", judged), answer="keep")


def test_a_person_keeps_the_champion(desk: Client, judged: TrainingRun, champion: ModelVersion) -> None:
    assert "The champion stays." in read(desk, to("trainingrun_decide", judged), answer="keep")
    judged.refresh_from_db()
    assert (judged.promoted, judged.decided_at is not None, registry.champion()) == (False, True, champion)
    assert "kept the champion" in read(desk, page(judged))


def test_the_list_says_of_each_what_came_of_it_and_loads_no_evidence(
    desk: Client, judged: TrainingRun, django_assert_max_num_queries: Any
) -> None:
    made(status="failed", error="Its process died.")
    running = claimed()
    TrainingRun.objects.filter(pk=running.pk).update(stage="training", progress=0.42)
    with django_assert_max_num_queries(12):
        shown = read(desk, "/admin/predictor/trainingrun/")
    for words in ("Waiting for your decision", "Its process died.", "training, 42%"):
        assert words in shown


# ── a version ──


def test_a_version_is_promoted_and_rolled_back_by_buttons(
    desk: Client, champion: ModelVersion, candidate: ModelVersion
) -> None:
    assert to("modelversion_promote", candidate) in read(desk, to("modelversion_change", candidate))
    assert "is the champion; the workers load it" in read(desk, to("modelversion_promote", candidate), go="1")
    assert registry.champion() == candidate
    shown = read(desk, to("modelversion_change", candidate))
    assert f"Roll back to {champion}" in shown
    read(desk, to("modelversion_rollback"), go="1")
    assert registry.champion() == champion
    assert "no earlier champion" in read(desk, to("modelversion_rollback"), go="1")


def test_a_version_is_put_in_the_shadow_and_taken_away_by_buttons(desk: Client, candidate: ModelVersion) -> None:
    assert "reads 25.0% of the live drawings" in read(desk, to("modelversion_shadow", candidate), percent="25")
    candidate.refresh_from_db()
    assert (candidate.shadowing, candidate.shadow_share) == (True, 0.25)
    assert "In the shadow" in read(desk, to("modelversion_change", candidate))
    assert "above 0, up to 1" in read(desk, to("modelversion_shadow", candidate), percent="many")
    assert "is out of the shadow" in read(desk, to("modelversion_shadow", candidate), off="1")
    assert shadow.current() is None


def test_a_versions_page_shows_how_it_does_in_the_shadow_and_how_far_it_has_read(
    desk: Client, champion: ModelVersion, candidate: ModelVersion, writer: Owner
) -> None:
    live = queued(writer)
    done = {"status": "done", "done_at": timezone.now(), "confidence": 0.9}
    Prediction.objects.filter(pk=live.pk).update(**done, model=champion, text="7")
    Prediction.objects.create(
        drawing=live.drawing, revision=1, kind="shadow", model=candidate, text="1", preprocessing_version=1, **done
    )
    shown = read(desk, to("modelversion_change", candidate))
    assert "0 (0.0%)" in shown
    assert "7 → 1" in shown
    assert "Reading the labelled drawings again" not in shown
    registry.begin_rereading(candidate)
    Rereading.objects.filter(version=candidate).update(walked=40, total=160)
    assert "40 of 160 read. Paused" in read(desk, to("modelversion_change", candidate))
    registry.promote(version=candidate)
    assert "Continues while nobody is drawing" in read(desk, to("modelversion_change", candidate))
    Rereading.objects.filter(version=candidate).update(walked=160, finished_at=timezone.now())
    assert "has read 160 labelled drawings" in read(desk, to("modelversion_change", candidate))


def test_a_version_says_which_training_made_it(desk: Client, judged: TrainingRun) -> None:
    assert page(judged) in read(desk, to("modelversion_change", judged.candidate))


def test_a_form_of_another_site_does_nothing(reviewer: User, candidate: ModelVersion) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(reviewer)
    run = claimed()
    for address in (to("trainingrun_cancel", run), to("modelversion_promote", candidate), to("modelversion_rollback")):
        assert browser.post(address).status_code == 403
    assert not runs.cancel(TrainingRun(pk=0), by="nobody")
    run.refresh_from_db()
    assert run.status == "running"
