"""The files beside an export's data: the snapshot's manifest and a dataset card."""

import json

from predictor.datasets.export.layout import Layout
from predictor.datasets.export.parquet import NAMES, features
from predictor.datasets.export.rows import File, Tally
from predictor.models import Dataset, Side

HOW = {
    "png": "`{index}` lists each file with its label, side, drawing, writer, source, group and weight.",
    "npz": (
        "`dataset.npz` holds `images` uint8 [N, 28, 28] (0 is paper, 255 ink), `labels` (-1: not a digit), `sides`,"
        " `drawings`, `writers`, `groups`, `weights`: `numpy.load('dataset.npz')`."
    ),
    "idx": "Digits only, in MNIST's format. Pictures and labels are apart: `train`, `t10k` (test), `validation`.",
    "parquet": "`datasets.load_dataset('this folder')`.",
}


def manifest(dataset: Dataset) -> File:
    """`manifest.json`: number, hash, parent, counts, and the snapshot's own manifest."""
    said = {
        "dataset": dataset.pk,
        "sha256": dataset.sha256,
        "parent": dataset.parent_id,
        "created_at": dataset.created_at.isoformat(),
        "counts": dataset.counts,
        **dataset.manifest,
    }
    return "manifest.json", [json.dumps(said, indent=1).encode()]


def readme(dataset: Dataset, layout: Layout, tally: Tally) -> File:
    """`README.md`; for Parquet with the header that Hugging Face's hub reads."""
    header = _header(dataset, tally) if layout.format == "parquet" else ""
    return "README.md", [(header + _body(dataset, layout, tally)).encode()]


def _body(dataset: Dataset, layout: Layout, tally: Tally) -> str:
    labels = sorted({label for side in dataset.counts.values() for label in side}, key=lambda text: (len(text), text))
    head = " | ".join(label or "not a digit" for label in labels)
    lines = [
        f"| {side} | {tally.written[side]} | "
        + " | ".join(str(dataset.counts.get(side, {}).get(label, 0)) for label in labels)
        + " |"
        for side in Side.values
    ]
    what = "the pictures as they were sent" if layout.originals else "glyphs of 28×28, isolated as the site reads them"
    how = HOW[layout.format].format(index="pictures.csv" if layout.originals else "glyphs.csv")
    left_out = f"{tally.left_out} drawings that are not a digit are left out. " if tally.left_out else ""
    return f"""# Handwritten digits: dataset {dataset.pk}

A snapshot that a Digitsite made on {dataset.created_at.date()}: {what}. SHA-256 `{dataset.sha256}`.

{how}

{left_out}No writer is on two sides, and no drawing ever changes side, so that site never trained on a held-out drawing.
`writer` identifies a person, `group` near-duplicates. `weight` is how much a drawing counts: a group counts
as one drawing, and a writer's share of all weight is limited.

Drawings of the snapshot per side and label (drawings deleted since are in no file):

| side | written | {head} |
|---|---|{"---|" * len(labels)}
{chr(10).join(lines)}

The writers allowed that site to learn from their drawings. That is not a licence to publish the drawings: ask first.
"""


def _header(dataset: Dataset, tally: Tally) -> str:
    sides = [side for side in Side.values if tally.written[side]]
    lines = ["---", f"pretty_name: Digitsite dataset {dataset.pk}", "task_categories:", "- image-classification"]
    lines += ["tags:", "- handwriting", "- digits", "configs:", "- config_name: default", "  data_files:"]
    for side in sides:
        lines += [f"  - split: {side}", f"    path: data/{side}-*"]
    lines += ["dataset_info:", "  features:"]
    for name, feature in features().items():
        lines.append(f"  - name: {name}")
        if feature["_type"] == "ClassLabel":
            lines += ["    dtype:", "      class_label:", "        names:"]
            lines += [f"          '{place}': '{label}'" for place, label in enumerate(NAMES)]
        else:
            lines.append(f"    dtype: {feature.get('dtype', 'image')}")
    lines.append("  splits:")
    for side in sides:
        lines += [f"  - name: {side}", f"    num_bytes: {tally.image_bytes[side]}"]
        lines.append(f"    num_examples: {tally.written[side]}")
    return "\n".join([*lines, "---", "", ""])
