"""Simulates known writers on a running site, to measure what a retrain teaches and what it forgets.

The writers draw and correct over the site's HTTP API, a reviewer accepts, the site retrains. Then champion and
candidate read other drawings of the same writers, and drawings of writers whom the site has never seen.
"""

import base64
import io
import json
import resource
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from PIL import Image

from digitsite.supervision import address
from ml.pictures.strokes import fit_strokes, render
from ml.progress import Print
from ml.sources import generator
from ml.sources.labelled.sets import CANVAS, Labelled
from predictor import errors
from predictor.evaluation import measurement
from predictor.models import Drawing, Label, LabelState, ModelVersion, TrainingRun
from predictor.reading import hashing
from predictor.review import labels as review_labels
from predictor.training import retraining, scheduling
from predictor.training.config import Config
from predictor.versions import registry

HANDS = 10
"""Drawings of a form by each hand."""
MISLABELLED_SEED = 5


@dataclass(frozen=True)
class Plan:
    """Which drawings are sent and which are only read afterwards.

    `sent` goes to the site with its labels, `held_back` are other drawings of the same writers, and `unseen` are
    drawings of writers who send nothing.
    """

    sent: list[Labelled]
    held_back: list[Labelled]
    unseen: list[Labelled]


@dataclass(frozen=True)
class SimulationResult:
    """The training run, how champion and candidate read each part of the plan, and what the retrain cost."""

    run: TrainingRun
    readings: list[measurement.Entry]
    seconds: float
    peak_bytes: int


def plan_writers(examples: Iterable[Labelled]) -> Plan:
    """Every second writer sends every second drawing of each label."""
    writers: dict[str, list[Labelled]] = {}
    for example in examples:
        writers.setdefault(example.writer, []).append(example)
    plan = Plan([], [], [])
    for number, drawings in enumerate(writers.values()):
        if number % 2:
            plan.unseen.extend(drawings)
            continue
        seen: dict[str, int] = {}
        for drawing in drawings:
            seen[drawing.label] = count = seen.get(drawing.label, 0) + 1
            (plan.sent if count % 2 else plan.held_back).append(drawing)
    return plan


def plan_forms(forms: Sequence[tuple[int, str]], sent: int, unseen: int, seed: int = 0) -> Plan:
    """Generated drawings of some forms; the hands that send and the unseen hands are different ones."""
    return Plan(list(_drawn(forms, sent, seed)), [], list(_drawn(forms, unseen, seed + 1)))


def _drawn(forms: Sequence[tuple[int, str]], count: int, seed: int) -> Iterator[Labelled]:
    for index in range(count):
        rng = np.random.default_rng([seed, index, 9])
        digit, form = forms[index % len(forms)]
        pen = float(np.random.default_rng([seed, index // HANDS]).uniform(4, 24))
        strokes = fit_strokes(generator.digit_strokes(digit, rng, form), width=CANVAS, height=CANVAS, pen=pen)
        drawn = {"width": CANVAS, "height": CANVAS, "background": "#ffffff", "strokes": strokes}
        picture = render(strokes, width=CANVAS, height=CANVAS)
        yield Labelled(picture, str(digit), f"hand {seed}.{index // HANDS}", f"{digit}:{form} {index}", drawn)


def mislabelled(count: int) -> list[Labelled]:
    """Digits of one visitor, each labelled as the next digit."""
    forms = [(digit, form) for digit, names in generator.FORMS.items() for form in names]
    return [
        Labelled(each.picture, str((int(each.label) + 1) % 10), "poisoner", each.name, each.strokes)
        for each in _drawn(forms, count, MISLABELLED_SEED)
    ]


def simulate(plan: Plan, config: Config, *, say: Print) -> SimulationResult:
    """Sends, accepts, retrains and measures.

    Raises Unavailable if no site runs, and the errors of `retraining`.
    """
    sent = _send(plan.sent, say)
    say(f"{len(sent)} drawings sent; {_accept(sent)} labels accepted.")
    before = registry.champion()
    hashing.hash_all()
    started = time.monotonic()
    run = retraining.work_on(scheduling.request_run(config).pk)
    if run is None or run.candidate is None or before is None:
        raise errors.Conflict(
            "Another process took the training, or it made no candidate. Look at the training in the admin."
        )
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return SimulationResult(run, list(_measure(plan, [before, run.candidate])), seconds, peak)


def _measure(plan: Plan, versions: Sequence[ModelVersion]) -> Iterator[measurement.Entry]:
    servings = measurement.load(versions)
    named = {
        "drawings sent": plan.sent,
        "same writers, other drawings": plan.held_back,
        "unseen writers": plan.unseen,
    }
    for name, examples in named.items():
        if examples:
            yield measurement.measure(name, servings, examples, mode="digit")


def _send(examples: Sequence[Labelled], say: Print) -> list[str]:
    """Sends and labels each drawing, with one visitor per writer; returns the drawings' ids."""
    visitors: dict[str, _Visitor] = {}
    sent = []
    for example in examples:
        if example.writer not in visitors:
            visitors[example.writer] = _Visitor()
        sent.append(visitors[example.writer].draw_and_label(example))
        if len(sent) % 500 == 0:
            say(f"{len(sent)} of {len(examples)} drawings sent")
    return sent


def _accept(sent: Sequence[str]) -> int:
    reviewer, made = User.objects.get_or_create(username="simulation-reviewer")
    if made:
        reviewer.set_unusable_password()
        reviewer.save()
    for label in Label.objects.filter(drawing__in=Drawing.objects.filter(pk__in=sent), state=LabelState.PROPOSED):
        review_labels.accept_label(label=label, reviewer=reviewer)
    return Label.objects.filter(drawing__in=Drawing.objects.filter(pk__in=sent), state=LabelState.ACCEPTED).count()


class _Visitor:
    """A browser's cookies, and the calls that the drawing page makes."""

    def __init__(self) -> None:
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self._open(urllib.request.Request(f"http://{address()}/"))

    def draw_and_label(self, example: Labelled) -> str:
        out = io.BytesIO()
        Image.fromarray(example.picture).save(out, "PNG")
        image = f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
        drawing = self._post(
            "drawings/", {"image": image, "strokes": example.strokes, "source": "canvas", "consent": True}
        )
        self._post(f"drawings/{drawing['id']}/label/", {"text": example.label})
        return str(drawing["id"])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        token = next(cookie.value for cookie in self._cookies if cookie.name == "csrftoken") or ""
        headers = {"Content-Type": "application/json", "X-CSRFToken": token}
        data = json.dumps(body).encode()
        answer: dict[str, Any] = json.loads(
            self._open(urllib.request.Request(f"http://{address()}/api/v1/{path}", data, headers))
        )
        return answer

    def _open(self, request: urllib.request.Request) -> bytes:
        try:
            with self._opener.open(request, timeout=60) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            raise errors.Unavailable(f"The site answered {error.code}: {error.read().decode()[:300]}") from error
        except OSError as error:
            message = f"No site is running at {address()}: start it with `DIGITSITE_THROTTLE=0 make run`."
            raise errors.Unavailable(message) from error
