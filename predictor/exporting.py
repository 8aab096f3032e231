"""A snapshot as files that other tools read."""

import csv
import shutil
from pathlib import Path

from PIL import Image

from predictor import datasets, errors
from predictor.models import Dataset, Side


def export_dataset(dataset: Dataset, folder: Path) -> int:
    """Writes the snapshot's glyphs as `<side>/<label>/<drawing>-<n>.png` with an index, `glyphs.csv`.

    Written beside its place and then renamed. Returns how many glyphs. Raises Conflict if the folder
    is there already.
    """
    if folder.exists():
        raise errors.Conflict(f"{folder} is there already. Name a new folder.")
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    count = 0
    with (part / "glyphs.csv").open("w", newline="", encoding="utf-8") as file:
        index = csv.writer(file)
        index.writerow(["file", "label", "side", "drawing"])
        for side in Side.values:
            found = datasets.examples(dataset, side)
            for number, (pixels, label, drawing) in enumerate(
                zip(found.pixels, found.labels, found.drawings, strict=True)
            ):
                text = "none" if label == datasets.NOT_A_DIGIT else str(label)
                name = f"{side}/{text}/{drawing}-{number}.png"
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(255 - pixels).save(part / name)
                index.writerow([name, "" if text == "none" else text, side, drawing])
                count += 1
    part.rename(folder)
    return count
