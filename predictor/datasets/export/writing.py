"""Writes an export: into a folder, or as a ZIP."""

from collections.abc import Iterable
from pathlib import Path

from django.utils import timezone
from stream_zip import NO_COMPRESSION_64, ZIP_64, Method, stream_zip

from ml.atomic_files import replacing
from predictor import errors
from predictor.datasets.export import arrays, card, parquet, pictures
from predictor.datasets.export.layout import Layout
from predictor.datasets.export.rows import Files, Tally
from predictor.models import Dataset

COMPRESSED = (".png", ".jpg", ".npz", ".gz", ".parquet")
MODE = 0o100644


def export_dataset(
    dataset: Dataset, folder: Path, layout: Layout | None = None, *, tally: Tally | None = None
) -> Tally:
    """Writes a snapshot into a new folder, which appears once it is complete. Returns how much was written.

    Raises Conflict if the folder exists, BadValue for a layout that isn't possible.
    """
    tally = tally or Tally()
    found = files(dataset, layout or Layout(), tally)
    if folder.exists():
        raise errors.Conflict(f"{folder} exists. Name a new folder.")
    with replacing(folder) as part:
        part.mkdir(parents=True)
        for name, content in found:
            file = part / name
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as out:
                out.writelines(content)
    return tally


def zipped(dataset: Dataset, layout: Layout) -> Iterable[bytes]:
    """The pieces of a ZIP. Raises BadValue for a layout that isn't possible."""
    made = timezone.localtime(dataset.created_at)
    return stream_zip(
        (f"{layout.name(dataset)}/{name}", made, MODE, _method(name), content)
        for name, content in files(dataset, layout, Tally())
    )


def files(dataset: Dataset, layout: Layout, tally: Tally) -> Files:
    """The files of an export, to be consumed in order. Raises BadValue for a layout that isn't possible."""
    layout.check()
    made = {"png": pictures.files, "npz": arrays.npz, "idx": arrays.idx, "parquet": parquet.files}[layout.format]
    return _with_card(made(dataset, layout, tally), dataset, layout, tally)


def _with_card(made: Files, dataset: Dataset, layout: Layout, tally: Tally) -> Files:
    yield card.manifest(dataset)
    yield from made
    # Last, since it says how much was written.
    yield card.readme(dataset, layout, tally)


def _method(name: str) -> Method:
    return NO_COMPRESSION_64 if name.endswith(COMPRESSED) else ZIP_64
