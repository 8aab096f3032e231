"""What starts, what dies and comes back, and what Ctrl-C leaves: nothing."""

import io
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import requests
from PIL import Image

from ml.sources.mnist_as_served import enlarge
from tests.e2e.support.stack import Site, wait_until
from tests.pictures import png


def test_nothing_is_lost_when_every_predict_worker_is_killed_under_load(stack: Site, mnist) -> None:
    pictures = [png(enlarge(image)) for image in mnist.test_images[:50]]
    session = requests.Session()
    session.get(stack.url)
    token = {"X-CSRFToken": session.cookies["csrftoken"]}

    def send(picture: bytes) -> requests.Response:
        files = {"image": ("d.png", picture, "image/png")}
        return requests.post(
            f"{stack.url}/api/v1/drawings/", files=files, headers=token, cookies=session.cookies, timeout=60
        )

    with ThreadPoolExecutor(8) as clients:
        answers = [clients.submit(send, picture) for picture in pictures]
        wait_until(lambda: sum(answer.done() for answer in answers) >= 8)
        for pid in stack.pids("celery -A digitsite worker"):
            if b"train" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        done = [answer.result() for answer in answers]
    assert {answer.status_code for answer in done} <= {201, 202}
    ids = [answer.json()["id"] for answer in done]

    def states() -> list[dict]:
        return [session.get(f"{stack.url}/api/v1/drawings/{pk}/", timeout=60).json() for pk in ids]

    wait_until(lambda: all(state["status"] == "done" for state in states()))
    right = sum(
        state["prediction"]["text"] == str(label) for state, label in zip(states(), mnist.test_labels, strict=False)
    )
    assert right >= 49


def test_photos_that_come_at_once_leave_the_web_processes_small(stack: Site) -> None:
    photo = _photo(4000, 3000)
    send_photo = partial(
        requests.post, f"{stack.url}/api/v1/drawings/", files={"image": ("p.jpg", photo, "image/jpeg")}, timeout=120
    )
    assert send_photo().ok
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda _: send_photo(), range(32)))
    assert all(answer.ok for answer in answers)
    for pid in stack.pids("gunicorn"):
        assert _megabytes(pid, "VmRSS") < 250
        assert _megabytes(pid, "VmHWM") < 500


def test_ctrl_c_leaves_no_process_and_a_second_start_finds_everything(stack: Site) -> None:
    assert {"redis", "celery", "gunicorn", "supervisord"} == {
        name for name in ("redis", "celery", "gunicorn", "supervisord") if stack.pids(name)
    }
    files = {"image": ("d.png", png(enlarge(_bar())), "image/png")}
    drawn = requests.post(f"{stack.url}/api/v1/drawings/", files=files, timeout=60)
    assert drawn.ok
    stack.stop()
    assert stack.pids() == []
    stack.start()
    visitor = {"visitor": drawn.cookies["visitor"]}

    def prediction() -> dict | None:
        kept = requests.get(f"{stack.url}/api/v1/drawings/{drawn.json()['id']}/", cookies=visitor, timeout=60)
        return kept.json()["prediction"]

    assert wait_until(prediction)["text"] == "1"


def _photo(width: int, height: int) -> bytes:
    grey = np.random.default_rng(0).integers(180, 220, (height // 8, width // 8, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(grey).resize((width, height)).save(out, "JPEG")
    return out.getvalue()


def _megabytes(pid: int, what: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) / 1024


def _bar() -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[5:23, 13:15] = 255
    return image
