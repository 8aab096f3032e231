"""Benchmarks a reading and its parts. Compare ratios within one run, not times of different runs."""

import functools
import io
import json
import os
import statistics
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from http.client import HTTPConnection
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image

from digitsite.supervision import address
from ml import isolation
from ml.pictures import decoding
from ml.pictures.strokes import fit_strokes, render
from ml.progress import Print
from ml.sources import generator
from predictor.errors import Unavailable
from predictor.reading import queue
from predictor.versions import artifact_files, loading, registry

if TYPE_CHECKING:
    from ml.network.reader import Reader

WARM_UP = 20
BATCH = 128
SIDE = 300


def run(*, say: Print, requests: int = 200, clients: int = 16) -> None:
    """Measures the running site and the parts in this process, and prints a table.

    Raises Unavailable if no site runs.
    """
    sheets = _sheets(40)
    pictures = [_picture(sheet) for sheet in sheets]
    _check_site()
    whole = _one_client(pictures, requests)
    rate, under_load = _many_clients(pictures, requests * 4, clients)
    parts = _parts(pictures, sheets)
    forward = parts["forward pass, one glyph"]
    say(f"{'median of each':<34}{'ms':>9}{'× forward pass':>18}")
    say(f"{'one drawing, end to end, 1 client':<34}{whole:>9.2f}{whole / forward:>18.1f}")
    say(f"{f'… with {clients} clients at once':<34}{under_load:>9.2f}{under_load / forward:>18.1f}")
    for name, milliseconds in parts.items():
        say(f"{name:<34}{milliseconds:>9.2f}{milliseconds / forward:>18.1f}")
    say(f"{clients} clients: {rate:.0f} drawings a second")
    say(f"batches of {BATCH} on {os.cpu_count()} cores: {_batch_rate():.0f} glyphs a second")


def _sheets(count: int) -> list[dict[str, Any]]:
    """Strokes of digits, as the page sends them."""
    rng = np.random.default_rng(1)
    digits = [generator.digit_strokes(index % 10, rng) for index in range(count)]
    fitted = [fit_strokes(strokes, width=SIDE, height=SIDE, pen=12) for strokes in digits]
    return [{"width": SIDE, "height": SIDE, "background": "#ffffff", "strokes": strokes} for strokes in fitted]


def _picture(sheet: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(render(sheet["strokes"], width=SIDE, height=SIDE)).save(out, "PNG")
    return out.getvalue()


def _check_site() -> None:
    try:
        with urllib.request.urlopen(f"http://{address()}/readyz", timeout=5):
            return
    except OSError as error:
        message = f"No site is running at {address()}: start it with `DIGITSITE_THROTTLE=0 make run`."
        raise Unavailable(message) from error


class _Client:
    """One open connection without cookies, so every drawing comes from a new visitor."""

    def __init__(self) -> None:
        self._connection = HTTPConnection(settings.HOST, settings.PORT, timeout=30)

    def send(self, picture: bytes) -> float:
        """Milliseconds from sending to the reading."""
        boundary = "digitsite-bench"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="d.png"\r\n\r\n'
        body = head.encode() + picture + f"\r\n--{boundary}--\r\n".encode()
        started = time.perf_counter()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        self._connection.request("POST", "/api/v1/drawings/", body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        taken = (time.perf_counter() - started) * 1000
        if answer.status == 429:
            raise Unavailable("The site limits readings per visitor: start it with DIGITSITE_THROTTLE=0 to measure it.")
        if answer.status != 201:
            raise Unavailable(f"The site answered {answer.status}: {json.loads(content)}")
        return taken


def _one_client(pictures: list[bytes], requests: int) -> float:
    client = _Client()
    taken = [client.send(pictures[i % len(pictures)]) for i in range(WARM_UP + requests)]
    return statistics.median(taken[WARM_UP:])


def _many_clients(pictures: list[bytes], requests: int, clients: int) -> tuple[float, float]:
    """Drawings per second, and the median time of one in milliseconds."""
    taken: list[float] = []
    failures: list[Exception] = []

    def work() -> None:
        client = _Client()
        try:
            for i in range(requests // clients):
                taken.append(client.send(pictures[i % len(pictures)]))
        except (Unavailable, OSError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise Unavailable(str(failures[0]))
    return len(taken) / (time.perf_counter() - started), statistics.median(taken)


def _parts(pictures: list[bytes], sheets: list[dict[str, Any]]) -> dict[str, float]:
    """Medians of each part alone, in this process, in milliseconds."""
    reader, find = _reader(), loading.finder_file(_champion())
    isolate = functools.partial(isolation.isolate, mode="digit", find=find)
    decoded = [decoding.decode(picture) for picture in pictures]
    pixels = np.stack([isolate(picture).glyphs[0].pixels for picture in decoded])
    batch = np.resize(pixels, (BATCH, 28, 28))
    photo = _photo(decoded[0])
    return {
        "forward pass, one glyph": _median(lambda i: reader.read(pixels[i : i + 1]), len(pixels)),
        f"forward pass, a glyph of {BATCH}": _median(lambda _: reader.read(batch), 12) / len(batch),
        "isolating a 300×300 drawing": _median(lambda i: isolate(decoded[i]), len(pixels)),
        "… with its strokes": _median(lambda i: isolate(decoded[i], strokes=sheets[i]), len(pixels)),
        "isolating a 12-megapixel photo": _median(lambda _: isolate(photo), 7),
        "finding ink in 256×256 points": _median(lambda _: find(photo[:256, :256]), 12),
        "decoding and keeping it": _median(lambda i: decoding.keep(decoding.decode(pictures[i])), len(pixels)),
        "an empty task and back": _empty_task(),
    }


@functools.cache
def _reader() -> "Reader":
    os.environ.setdefault("DIGITSITE_ML_THREADS", "1")  # as in the predict worker
    return loading.load_reader(_champion())


def _champion() -> int:
    champion = registry.champion_id()
    if champion is None:
        raise registry.NoChampion("There is no champion: run `manage.py prepare` first.")
    return champion


def _photo(drawing: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A drawing as a 12-megapixel photo: on a sheet in uneven light, with noise."""
    sheet = Image.new("RGB", (4000, 3000), (235, 232, 225))
    sheet.paste(Image.fromarray(drawing).resize((2400, 2400)), (800, 300))
    rng = np.random.default_rng(2)
    light = np.linspace(1.0, 0.7, 4000, dtype=np.float32)[None, :, None]
    lit = np.asarray(sheet) * light + rng.normal(0, 4, (3000, 4000, 1)).astype(np.float32)
    return np.clip(lit, 0, 255).astype(np.uint8)


def _batch_rate() -> float:
    """Glyphs per second. Runs in its own process, because this one computes with one thread, as a worker does."""
    from ml.network.timing import throughput

    version = registry.get(_champion())
    known = artifact_files.reader_of(version), registry.manifest_of(version)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(throughput, *known, BATCH).result()


def _empty_task() -> float:
    """The round trip of an empty task, in milliseconds."""

    def round_trip(_: int) -> None:
        topic = f"echo:{uuid.uuid4().hex}"
        queue.send("echo", topic)
        if queue.wait(topic, seconds=5) is None:
            raise Unavailable("No predict worker answers.")

    return _median(round_trip, 50)


def _median(work: Callable[[int], object], count: int) -> float:
    times = []
    for i in range(-3, count):
        started = time.perf_counter()
        work(max(0, i))
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[3:])
