"""Writes an export: into a folder, into the site's storage, or as a ZIP."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage, storages
from django.utils import timezone
from stream_zip import NO_COMPRESSION_64, ZIP_64, Method, stream_zip

from ml.atomic_files import replacing
from predictor import errors
from predictor.datasets.export import arrays, card, parquet, pictures
from predictor.datasets.export.layout import Layout
from predictor.datasets.export.rows import Files, Tally
from predictor.models import Dataset
from predictor.versions import artifact_files

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


def export_to_storage(dataset: Dataset, layout: Layout, *, tally: Tally) -> str:
    """Writes a snapshot into the site's storage: a folder where that is one, else a ZIP, because a bucket would need a
    request for each picture. Returns where it is; `tally` counts what was written.

    Raises Conflict if it is there already, BadValue for a layout that isn't possible, Unavailable if the storage can't
    be used.
    """
    storage = storages["exports"]
    if isinstance(storage, FileSystemStorage):
        folder = Path(storage.path(layout.name(dataset)))
        export_dataset(dataset, folder, layout, tally=tally)
        return str(folder)
    name = f"{layout.name(dataset)}.zip"
    place = artifact_files.place_of(name, storage)
    try:
        if storage.exists(name):
            raise errors.Conflict(f"{place} exists. Delete it, or name a folder.")
        with tempfile.TemporaryFile() as file:
            file.writelines(zipped(dataset, layout, tally))
            storage.save(name, File(file))
    except OSError as error:
        raise errors.Unavailable(f"The export can't be stored: {error}") from error
    return place


def zipped(dataset: Dataset, layout: Layout, tally: Tally | None = None) -> Iterable[bytes]:
    """The pieces of a ZIP. Raises BadValue for a layout that isn't possible."""
    made = timezone.localtime(dataset.created_at)
    return stream_zip(
        (f"{layout.name(dataset)}/{name}", made, MODE, _method(name), content)
        for name, content in files(dataset, layout, tally or Tally())
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
