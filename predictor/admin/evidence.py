"""What the gate saw, put so that a template need not reckon."""

import uuid
from collections import defaultdict
from typing import Any

from ml.network.classes import NOT_A_DIGIT
from predictor.models import Decision, Drawing, TrainingRun
from predictor.training import gate, retraining

ANSWERS = {Decision.PROMOTE: "passed", Decision.ASK: "asks a person", Decision.KEEP: "refused"}
SETS = {**gate.DECIDING, **gate.REPORTED}


def of(run: TrainingRun) -> dict[str, Any]:
    return {
        "outcome": outcome(run),
        "waits": retraining.waits_for_a_person(run),
        "rules": [_rule(row) for row in run.rules],
        "sets": [_set(name, found) for name, found in run.evidence.items() if found.get("count")],
        "flips": _flips(run),
        "changes": _changes(run),
        "record": _record(run),
    }


def outcome(run: TrainingRun) -> dict[str, str]:
    """The state in a word, and which colour it has."""
    if run.status != "done":
        return {"word": run.get_status_display(), "kind": run.status}
    if run.promoted:
        return {"word": "Promoted", "kind": "good"}
    if retraining.waits_for_a_person(run):
        return {"word": "Waits for your decision", "kind": "ask"}
    return {"word": "Not promoted", "kind": "bad" if run.decision == Decision.KEEP else "plain"}


def _rule(row: dict[str, Any]) -> dict[str, Any]:
    known = row["value"] is not None
    sign = "≥" if row["at_least"] else "≤"
    return {
        "name": row["name"].replace("_", " "),
        "says": row["says"],
        # Which one it was, where it is one of many.
        "where": row["where"] if known and row["name"].endswith(("class_fall", "cell_fall")) else "",
        "measured": gate.shown(row["value"], row["unit"]) if known else "–",
        "promote": f"{sign} {gate.shown(row['promote'], row['unit'])}",
        "ask": f"{sign} {gate.shown(row['ask'], row['unit'])}",
        "answer": row["answer"] if known else "none",
        "answered": ANSWERS[Decision(row["answer"])] if known else "nothing to measure",
    }


def _set(name: str, found: dict[str, Any]) -> dict[str, Any]:
    champion, candidate = found["champion"], found["candidate"]
    before, after = found["calibration"]
    return {
        "name": SETS.get(name, name),
        "decides": name in gate.DECIDING,
        "count": found["count"],
        "champion": _percent(champion["share"]),
        "candidate": _percent(candidate["share"]),
        "interval": f"{_percent(candidate['low'])} to {_percent(candidate['high'])}",
        "difference": _signed(candidate["share"] - champion["share"]),
        "gained": found["paired"]["gained"],
        "lost": found["paired"]["lost"],
        # Of scribbles it is only asked whether it is sure.
        "calibration": "–" if name == "scribbles" else f"{100 * before:.2f}% → {100 * after:.2f}%",
    }


def _flips(run: TrainingRun) -> list[dict[str, Any]]:
    """By set: what was lost and what was gained; of a visitor's drawing only what is there still."""
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
                    {"words": "Lost: the champion reads it, the candidate doesn't", "flips": both["lost"]}
                    | _counted(paired["lost"], both["lost"], "bad"),
                    {"words": "Gained: the candidate reads it, the champion doesn't", "flips": both["gained"]}
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
        "forgotten": bool(flip.get("drawing")) and flip["drawing"] not in standing,
        "name": flip.get("name", ""),
        "label": _said(flip["label"]),
        "champion": _said(flip["champion"]),
        "candidate": _said(flip["candidate"]),
        "champion_confidence": f"{100 * flip['champion_confidence']:.0f}%",
        "candidate_confidence": f"{100 * flip['candidate_confidence']:.0f}%",
    }


def _changes(run: TrainingRun) -> dict[str, Any] | None:
    """The readings that changed in the deciding sets: champion's in rows, candidate's in columns."""
    counts: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: {"lost": 0, "gained": 0, "other": 0})
    for name, found in run.evidence.items():
        for label, before, after, count in found.get("changes", []) if name in gate.DECIDING else []:
            kind = "lost" if label == before else "gained" if label == after else "other"
            counts[before, after][kind] += count
    if not counts:
        return None
    columns = sorted({after for _, after in counts})
    rows = []
    for before in sorted({before for before, _ in counts}):
        cells = [counts.get((before, after), {}) for after in columns]
        rows.append({"said": _said(before), "cells": cells})
    return {"columns": [_said(column) for column in columns], "rows": rows}


def _record(run: TrainingRun) -> list[tuple[str, str]]:
    """What a person who wants to do it again must know."""
    config, record = run.config, run.record
    lines = [
        ("Seed", str(config.get("seed", ""))),
        ("Epochs", str(retraining.Config(**config).effective_epochs()) if config else ""),
        (
            "Begins from",
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
        parts = ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())
        lines.append(("Work", f"{sum(seconds.values()):.0f} s: {parts}"))
    return [(name, value) for name, value in lines if value]


def _said(digit: int) -> str:
    return "none" if digit == NOT_A_DIGIT else str(digit)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _signed(share: float) -> str:
    return "±0" if abs(share) < 5e-5 else f"{100 * share:+.2f}".replace("-", "−")
