"""The whole loop played with known writers, to measure what a retrain teaches, and what it forgets.

Visitors draw and correct over the running site's HTTP API, a reviewer accepts, the site retrains; then champion and
candidate read what those writers never sent, and what other writers drew.
"""

import base64
import io
import json
import resource
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from PIL import Image

from digitsite.supervision import address
from ml.pictures.strokes import fit_strokes, render
from ml.sources import generator
from ml.sources.labelled.sets import CANVAS, Labelled
from predictor import errors
from predictor.evaluation import measurement
from predictor.models import Drawing, Label, LabelState, ModelVersion, TrainingRun
from predictor.review import labels as review_labels
from predictor.training import heartbeat, retraining
from predictor.versions import registry

HANDS = 10
"""Drawings of a form that one hand makes."""

Say = Callable[[str], object]


@dataclass(frozen=True)
class Parts:
    """Who draws what: `sent` to the site with its label; `kept` are other drawings of those writers; `others` are by
    writers whom the site never meets.
    """

    sent: list[Labelled]
    kept: list[Labelled]
    others: list[Labelled]


@dataclass(frozen=True)
class Outcome:
    """What came of it: the run, how champion and candidate read each part, seconds and peak memory in bytes."""

    run: TrainingRun
    read: list[measurement.Entry]
    seconds: float
    peak_bytes: int


def split(examples: Iterable[Labelled]) -> Parts:
    """Every second writer meets the site, and sends every second drawing of each label."""
    writers: dict[str, list[Labelled]] = {}
    for example in examples:
        writers.setdefault(example.writer, []).append(example)
    parts = Parts([], [], [])
    for number, drawings in enumerate(writers.values()):
        if number % 2:
            parts.others.extend(drawings)
            continue
        seen: dict[str, int] = {}
        for drawing in drawings:
            seen[drawing.label] = count = seen.get(drawing.label, 0) + 1
            (parts.sent if count % 2 else parts.kept).append(drawing)
    return parts


def in_many_hands(forms: Sequence[tuple[int, str]], sent: int, others: int, seed: int = 0) -> Parts:
    """Drawings of the generator's forms by different hands, all that are sent by others than those that are not."""
    return Parts(list(_drawn(forms, sent, seed)), [], list(_drawn(forms, others, seed + 1)))


def _drawn(forms: Sequence[tuple[int, str]], count: int, seed: int) -> Iterator[Labelled]:
    for index in range(count):
        rng = np.random.default_rng([seed, index, 9])
        digit, form = forms[index % len(forms)]
        pen = float(np.random.default_rng([seed, index // HANDS]).uniform(4, 24))
        strokes = fit_strokes(generator.digit_strokes(digit, rng, form), width=CANVAS, height=CANVAS, pen=pen)
        drawn = {"width": CANVAS, "height": CANVAS, "background": "#ffffff", "strokes": strokes}
        picture = render(strokes, width=CANVAS, height=CANVAS)
        yield Labelled(picture, str(digit), f"hand {seed}.{index // HANDS}", f"{digit}:{form} {index}", drawn)


def mislabelled(count: int, seed: int = 5) -> list[Labelled]:
    """One visitor's digits, each labelled as the next one."""
    forms = [(digit, form) for digit, names in generator.FORMS.items() for form in names]
    return [
        Labelled(each.picture, str((int(each.label) + 1) % 10), "poisoner", each.name, each.strokes)
        for each in _drawn(forms, count, seed)
    ]


def play(parts: Parts, config: retraining.Config, *, say: Say, report: heartbeat.Report | None = None) -> Outcome:
    """Sends, accepts, retrains, and reads again. Raises Unavailable where no site runs, and as `retraining` does."""
    sent = _send(parts.sent, say)
    say(f"{len(sent)} drawings sent; {_accept(sent)} labels accepted.")
    before = registry.champion()
    started = time.monotonic()
    run = retraining.work_on(retraining.request_run(config).pk, report=report)
    if run is None or run.candidate is None or before is None:
        raise errors.Conflict("The training was taken by another process, or made no candidate: see the admin.")
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Outcome(run, list(_read_again(parts, [before, run.candidate])), seconds, peak)


def _read_again(parts: Parts, versions: Sequence[ModelVersion]) -> Iterator[measurement.Entry]:
    servings = measurement.load(versions)
    named = {
        "what was sent": parts.sent,
        "the same writers' other drawings": parts.kept,
        "writers never met": parts.others,
    }
    for name, examples in named.items():
        if examples:
            yield measurement.measure(name, servings, examples, mode="digit")


def _send(examples: Sequence[Labelled], say: Say) -> list[str]:
    """The ids of the drawings, each sent and labelled by a visitor of the writer's own."""
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
    reviewer, made = User.objects.get_or_create(username="loop-reviewer")
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
            message = f"No site reads at {address()}: start it with `DIGITSITE_THROTTLE=0 make run`."
            raise errors.Unavailable(message) from error
