"""A site as it was at migration 0007: its rows, written with the models of that time."""

import base64
import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.core.files import File
from django.utils import timezone

from ml.network.manifest import BUNDLED, MANIFEST_FILE, MODEL_FILE
from tests.predictor.artifacts import another_artifact
from tests.predictor.pictures import drawn
from tests.predictor.reviews import pixels

LAST = ("predictor", "0007_imported_consent")
DIGITS = "1347"
WRITERS = 10
KINDS = (
    "7 disagrees 1",
    "3 unsure 8",
    "4 label",
    "1 versions 7",
    "number 2 disagrees",
    "? label",
    "– audit",
    "disputed",
)
"""Of open items, as they were written before they had columns; a second opinion names its first reviewer, too."""


@dataclass
class FormerSite:
    """What was in it, to be found again."""

    queued: list[int] = field(default_factory=list)
    """Predictions that wait: isolated by the web process, or not yet. Each is of a 7."""
    reviewed: list[uuid.UUID] = field(default_factory=list)
    """Open review items' drawings, in the order of KINDS, then the second opinion's."""
    dataset: int = 0
    champion: int = 0
    candidate: int = 0
    run: int = 0
    labels: list[tuple[Any, ...]] = field(default_factory=list)


class Writing:
    """Writes a former site by its historical models."""

    def __init__(self, apps: Any, folder: Path) -> None:
        self._model = lambda name: apps.get_model("predictor", name)
        self._reviewer = apps.get_model("auth", "User").objects.create(
            username="anna", is_staff=True, is_superuser=True, is_active=True
        )
        self._folder = folder
        self.site = FormerSite()

    def write(self) -> FormerSite:
        self._versions()
        lessons = [
            self._learned(owner, side, digit, hand)
            for hand, (owner, side) in enumerate(self._writers(), 1)
            for digit in DIGITS
        ]
        self._queued()
        self._to_review()
        self._snapshot(lessons)
        self._paused_training()
        columns = ("pk", "drawing_id", "revision", "text", "by", "state", "decided_by_id")
        self.site.labels = list(self._model("Label").objects.order_by("pk").values_list(*columns))
        return self.site

    def _versions(self) -> None:
        bundled = self._version(BUNDLED, status="retired", bundled=True, promoted_at=timezone.now() - timedelta(1))
        learned, other = (another_artifact(self._folder, finder=None) for _ in range(2))
        self.site.champion = self._version(learned, status="champion", parent_id=bundled, promoted_at=timezone.now())
        self.site.candidate = self._version(other, status="candidate", parent_id=self.site.champion)

    def _version(self, folder: Path, **values: Any) -> int:
        manifest = json.loads((folder / MANIFEST_FILE).read_text())
        del manifest["finder_sha256"]  # there were no finders
        version = self._model("ModelVersion")(
            **{name: manifest[name] for name in ("sha256", "format_version", "preprocessing_version", "metrics")},
            manifest=manifest,
            **values,
        )
        with (folder / MODEL_FILE).open("rb") as file:
            version.artifact.save(f"{manifest['sha256'][:16]}.keras", File(file), save=False)
        version.save()
        return int(version.pk)

    def _writers(self) -> Iterable[tuple[Any, str]]:
        sides = ["validation", "test", *["train"] * (WRITERS - 2)]
        for number, side in enumerate(sides):
            yield self._model("Owner").objects.create(key=f"writer {number}", side=side, consent=True), side

    def _drawing(self, owner: Any, digit: str = "7", *, hand: int = 0, **values: Any) -> Any:
        picture = drawn(digit, side=100, hand=hand)
        return self._model("Drawing").objects.create(
            owner=owner,
            source="canvas",
            image=picture,
            image_type="image/png",
            image_hash=hashlib.sha256(picture).hexdigest(),
            content_hash=hashlib.sha256(picture + digit.encode()).hexdigest(),
            width=100 * len(digit),
            height=100,
            **values,
        )

    def _prediction(self, drawing: Any, **values: Any) -> Any:
        return self._model("Prediction").objects.create(drawing=drawing, revision=1, **values)

    def _read(self, drawing: Any, text: str, *, sure: bool = True) -> None:
        chances = [float(digit == int(text[0])) for digit in range(10)]
        glyph = {"box": [20, 10, 60, 80], "digit": int(text[0]), "confidence": 0.99, "probabilities": chances}
        self._prediction(
            drawing,
            status="done",
            model_id=self.site.champion,
            preprocessing_version=3,
            candidates=[],
            text=text,
            confidence=0.99,
            sure=sure,
            glyphs=[{**glyph, "pixels": pixels(4)} for _ in text],
            done_at=timezone.now() - timedelta(hours=1),
            isolated_ms=3.5,
            read_ms=1.5,
        )

    def _learned(self, owner: Any, side: str, digit: str, hand: int) -> tuple[Any, ...]:
        """A drawing that may be learned from; its line in the snapshot."""
        drawing = self._drawing(owner, digit, hand=hand, consent=True)
        self._read(drawing, digit)
        self._model("Label").objects.create(
            drawing=drawing,
            revision=1,
            text=digit,
            by="visitor",
            state="accepted",
            decided_by=self._reviewer,
            decided_at=timezone.now(),
        )
        self._model("PictureSide").objects.create(image_hash=drawing.image_hash, side=side)
        return drawing.pk, drawing.image_hash, digit, side, owner.pk, len(DIGITS) * owner.pk + DIGITS.index(digit), 1.0

    def _queued(self) -> None:
        owner = self._model("Owner").objects.create(key="waits")
        isolated = np.zeros((28, 28), np.uint8)
        isolated[5:8, 6:22] = isolated[8:24, 17:20] = 255
        packed = {
            "box": [24, 18, 52, 68],
            "hypothesis": 0,
            "row": 0,
            "start": 0,
            "end": 1,
            "prior": 0.0,
            "stray": None,
            "pixels": base64.b64encode(isolated.tobytes()).decode(),
        }
        for hand, candidates in enumerate(([packed], None, [packed])):
            drawing = self._drawing(owner, hand=hand)
            # The last one was isolated by a release that did it in another way.
            made_by = 2 if hand == 2 else 3
            waiting = self._prediction(drawing, candidates=candidates, preprocessing_version=made_by)
            self.site.queued.append(waiting.pk)

    def _to_review(self) -> None:
        owner = self._model("Owner").objects.create(key="reviewed", consent=True)
        for hand, kind in enumerate((*KINDS, f"second {self._reviewer.pk}"), WRITERS + 1):
            number = kind.startswith("number")
            drawing = self._drawing(
                owner, "47" if number else "7", hand=hand, consent=True, mode="number" if number else "digit"
            )
            if not kind.startswith("?"):
                self._read(drawing, "47" if number else "7")
            self._model("Label").objects.create(drawing=drawing, revision=1, text="1", by="visitor")
            self._model("ReviewItem").objects.create(
                drawing=drawing,
                kind=kind,
                reasons=[kind.split()[1]] if " " in kind else [kind],
                score=float(hand),
                second_of=self._reviewer if kind.startswith("second") else None,
            )
            self.site.reviewed.append(drawing.pk)
        self._model("ReviewAction").objects.create(
            reviewer=self._reviewer, drawing=drawing, revision=1, what="answered", text="7", kind="7 disagrees 1"
        )

    def _snapshot(self, lessons: list[tuple[Any, ...]]) -> None:
        lessons = sorted(lessons, key=lambda row: row[0])
        lines = "".join(f"{','.join(map(str, row[:-1]))},{row[-1]:.6f}\n" for row in lessons)
        dataset = self._model("Dataset").objects.create(sha256=hashlib.sha256(lines.encode()).hexdigest())
        names = ("drawing_id", "image_hash", "label", "side", "writer", "group", "weight")
        self._model("DatasetItem").objects.bulk_create(
            self._model("DatasetItem")(dataset=dataset, **dict(zip(names, row, strict=True))) for row in lessons
        )
        sides = [row[3] for row in lessons]
        dataset.counts = {side: {digit: sides.count(side) // len(DIGITS) for digit in DIGITS} for side in set(sides)}
        dataset.manifest = {"drawings": len(lessons)}
        dataset.sealed = True
        dataset.save()
        self.site.dataset = dataset.pk

    def _paused_training(self) -> None:
        """Stopped with the site in the middle of its training, and queued again."""
        config = {"epochs": 1, "from_scratch": False, "network": "reader", "seed": 7, "promote": True}
        config |= {"mnist": "", "tensorboard": ""}
        run = self._model("TrainingRun").objects.create(
            status="queued",
            config=config,
            fingerprint="f" * 64,
            dataset_id=self.site.dataset,
            champion_id=self.site.champion,
            attempts=1,
            stage="training",
            detail="epoch 1 of 1",
            progress=0.5,
            curves=[[0.5, 0.2, 0.9]],
            started_at=timezone.now() - timedelta(minutes=5),
        )
        self.site.run = run.pk
