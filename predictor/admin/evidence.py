"""A training's evidence, prepared for its page."""

import uuid
from collections import defaultdict
from typing import Any

from ml.network.classes import NOT_A_DIGIT
from predictor.models import Decision, Drawing, RunStatus, TrainingRun
from predictor.percentages import confidence, duration, percent, percent_number
from predictor.training import conclusion
from predictor.training.config import Config
from predictor.training.gate_policy import RULES, SETS, Unit

ANSWERS = {Decision.PROMOTE: "passed", Decision.ASK: "asks a person", Decision.KEEP: "refused"}
DECIDING = {rule.compared_set for rule in RULES if rule.compared_set}
WORST = {rule.name for rule in RULES if rule.measure in ("class_fall", "cell_fall")}


def of(run: TrainingRun) -> dict[str, Any]:
    return {
        "state": state(run),
        "waits": conclusion.awaits_decision(run),
        "rules": [_rule(row) for row in run.rules],
        "sets": [_set(name, found) for name, found in run.evidence.items() if found.get("count")],
        "flips": _flips(run),
        "changes": _changes(run),
        "record": _record(run),
    }


def state(run: TrainingRun) -> dict[str, str]:
    """The state in words, and the kind that decides its colour."""
    if run.status != RunStatus.DONE:
        return {"word": run.get_status_display(), "kind": run.status}
    if run.promoted:
        return {"word": "Promoted", "kind": "good"}
    if conclusion.awaits_decision(run):
        return {"word": "Waiting for your decision", "kind": "ask"}
    return {"word": "Not promoted", "kind": "bad" if run.decision == Decision.KEEP else "plain"}


def _rule(row: dict[str, Any]) -> dict[str, Any]:
    known = row["value"] is not None
    sign = "≥" if row["at_least"] else "≤"
    unit = Unit(row["unit"])
    return {
        "name": row["name"].replace("_", " "),
        "says": row["says"],
        # The group that lost most, for a rule that compares several.
        "where": row["where"] if known and row["name"] in WORST else "",
        "measured": unit.shown(row["value"]) if known else "–",
        "promote": f"{sign} {unit.shown(row['promote'])}",
        "ask": f"{sign} {unit.shown(row['ask'])}",
        "answer": row["answer"] if known else "none",
        "answered": ANSWERS[Decision(row["answer"])] if known else "nothing to measure",
    }


def _set(name: str, found: dict[str, Any]) -> dict[str, Any]:
    champion, candidate = found["champion"], found["candidate"]
    before, after = found["calibration"]
    return {
        "name": SETS.get(name, name),
        "decides": name in DECIDING,
        "count": found["count"],
        "champion": percent(champion["share"], 2),
        "candidate": percent(candidate["share"], 2),
        "interval": f"{percent(candidate['low'], 2)} to {percent(candidate['high'], 2)}",
        "difference": _signed(candidate["share"] - champion["share"]),
        "gained": found["paired"]["gained"],
        "lost": found["paired"]["lost"],
        # On scribbles only sureness is compared.
        "calibration": "–" if name == "scribbles" else f"{percent(before, 2)} → {percent(after, 2)}",
    }


def _flips(run: TrainingRun) -> list[dict[str, Any]]:
    """By set: the flips lost and gained. A deleted drawing shows nothing."""
    ids = {uuid.UUID(flip["drawing"]) for flip in run.flips if flip.get("drawing")}
    standing = {str(pk) for pk in Drawing.objects.filter(pk__in=ids).values_list("pk", flat=True)}
    by_set: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: {"lost": [], "gained": []})
    for flip in run.flips:
        by_set[flip["set"]][flip["direction"]].append(_flip(flip, standing))
    shown = []
    for name, both in by_set.items():
        paired = run.evidence[name]["paired"]
        shown.append(
            {
                "name": SETS.get(name, name),
                "parts": [
                    {"words": "Lost: the champion reads it correctly, the candidate doesn't", "flips": both["lost"]}
                    | _counted(paired["lost"], both["lost"], "bad"),
                    {"words": "Gained: the candidate reads it correctly, the champion doesn't", "flips": both["gained"]}
                    | _counted(paired["gained"], both["gained"], "good"),
                ],
            }
        )
    return shown


def _counted(count: int, shown: list[Any], kind: str) -> dict[str, Any]:
    return {"count": count, "more": count - len(shown), "kind": kind}


def _flip(flip: dict[str, Any], standing: set[str]) -> dict[str, Any]:
    return {
        "pixels": flip.get("pixels"),
        "drawing": flip["drawing"] if flip.get("drawing") in standing else None,
        "name": flip.get("name", ""),
        "label": _digit(flip["label"]),
        "champion": _digit(flip["champion"]),
        "candidate": _digit(flip["candidate"]),
        "champion_confidence": confidence(flip["champion_confidence"]),
        "candidate_confidence": confidence(flip["candidate_confidence"]),
    }


def _changes(run: TrainingRun) -> dict[str, Any] | None:
    """Readings that changed in the deciding sets: the champion's in rows, the candidate's in columns."""
    counts: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: {"lost": 0, "gained": 0, "other": 0})
    for name, found in run.evidence.items():
        for label, before, after, count in found.get("changes", []) if name in DECIDING else []:
            kind = "lost" if label == before else "gained" if label == after else "other"
            counts[before, after][kind] += count
    if not counts:
        return None
    columns = sorted({after for _, after in counts})
    rows = []
    for before in sorted({before for before, _ in counts}):
        cells = [counts.get((before, after), {}) for after in columns]
        rows.append({"reading": _digit(before), "cells": cells})
    return {"columns": [_digit(column) for column in columns], "rows": rows}


def _record(run: TrainingRun) -> list[tuple[str, str]]:
    """What is needed to reproduce the training."""
    config, record = run.config, run.record
    lines = [
        ("Seed", str(config.get("seed", ""))),
        ("Epochs", str(Config(**config).effective_epochs()) if config else ""),
        (
            "Starts from",
            f"scratch ({config.get('network')})" if config.get("from_scratch") else str(run.champion or "–"),
        ),
        ("Data", f"{run.dataset}, SHA-256 {run.dataset.sha256[:16]}…" if run.dataset else "–"),
        ("Fingerprint", run.fingerprint[:16] + "…" if run.fingerprint else ""),
        ("Weights", f"SHA-256 {record['weights_sha256'][:16]}…" if record.get("weights_sha256") else ""),
        ("Code", record.get("code", "")),
        ("Backend", " ".join(record.get(name, "") for name in ("backend", "tensorflow", "jax")).strip()),
        ("Keras, NumPy, Python", ", ".join(record[name] for name in ("keras", "numpy", "python") if name in record)),
        ("Device", record.get("device", "")),
        ("Peak memory", f"{record['peak_memory'] / 2**20:,.0f} MB" if record.get("peak_memory") else ""),
        ("Attempts", str(run.attempts)),
    ]
    seconds = record.get("seconds", {})
    if seconds:
        parts = ", ".join(f"{name} {duration(value)}" for name, value in seconds.items())
        lines.append(("Work", f"{duration(sum(seconds.values()))}: {parts}"))
    return [(name, value) for name, value in lines if value]


def _digit(digit: int) -> str:
    return "no digit" if digit == NOT_A_DIGIT else str(digit)


def _signed(share: float) -> str:
    return "±0" if abs(share) < 5e-5 else ("+" if share > 0 else "−") + percent_number(abs(share), 2)
