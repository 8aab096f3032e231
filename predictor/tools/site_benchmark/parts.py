"""Measures the parts of a reading on the site of the environment, and prints their medians in milliseconds as JSON.

Run it in a process of its own. The site must run, because the empty task goes through its queue.
"""

import functools
import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any


def main(repeats: int) -> None:
    """Measures each part so many times."""
    import django

    from ml.network.onnx_runtime import THREADS_VARIABLE

    os.environ.setdefault(THREADS_VARIABLE, "1")  # as in the predict worker
    django.setup()
    print(json.dumps(_parts(repeats)))


def _parts(repeats: int) -> dict[str, float]:
    import numpy as np

    from ml import isolation
    from ml.pictures import decoding
    from ml.pictures.picture import Picture
    from predictor.tools.site_benchmark import samples
    from predictor.versions import loading, registry

    champion = registry.champion_id()
    if champion is None:
        raise registry.NoChampion("There is no champion: run `manage.py prepare` first.")
    reader, find = loading.load_reader(champion), loading.load_finder(champion)
    isolate = functools.partial(isolation.isolate, mode="digit", find=find)

    def kept(pictures: Sequence[bytes]) -> list[Picture]:
        return [decoding.decode(decoding.decode_and_keep(picture).data) for picture in pictures]

    pngs, photos = [sample.png for sample in samples.drawings()], samples.photos()
    drawings, kept_photos = kept(pngs), kept(photos)
    drawn = [(picture, sample.strokes) for picture, sample in zip(drawings, samples.drawings(), strict=True)]
    glyphs = np.stack([isolate(picture).glyphs[0].pixels for picture in drawings])
    few = max(3, repeats // 10)
    return {
        "decode": _median(decoding.decode_and_keep, pngs, repeats),
        "isolate": _median(isolate, drawings, repeats),
        "isolate strokes": _median(lambda each: isolate(each[0], strokes=each[1]), drawn, repeats),
        "forward": _median(reader.read, [glyph[None] for glyph in glyphs], repeats),
        "forward 32": _median(reader.read, [glyphs[:32]], few),
        "task": _median(_empty_task, [None], repeats),
        "decode photo": _median(decoding.decode_and_keep, photos, few),
        "isolate photo": _median(isolate, kept_photos, few),
    }


def _empty_task(_: None) -> None:
    """An empty task and back."""
    from predictor.errors import Unavailable
    from predictor.reading import queue

    topic = f"echo:{uuid.uuid4().hex}"
    queue.send("echo", topic)
    if queue.wait(topic, seconds=5) is None:
        raise Unavailable("No predict worker answers.")


def _median(work: Callable[[Any], object], given: Sequence[Any], repeats: int) -> float:
    times = []
    for index in range(-3, repeats):
        started = time.perf_counter()
        work(given[index % len(given)])
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[3:])


if __name__ == "__main__":
    main(int(sys.argv[1]))
