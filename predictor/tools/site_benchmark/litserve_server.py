"""What a LitServe server makes of the same decoding, isolation and network. It stores nothing."""

import os
import signal
import sys
from typing import Any

import litserve
from fastapi import Request

from ml import isolation, reading
from ml.finder.finder import Finder
from ml.network.onnx_runtime import THREADS_VARIABLE
from ml.network.reader import Reader
from ml.pictures import decoding
from ml.pictures.picture import Picture


class Digits(litserve.LitAPI):
    """Reads a form's `image`."""

    def setup(self, device: str) -> None:  # noqa: ARG002
        self.reader, self.finder = Reader.bundled(), Finder.bundled()

    def decode_request(self, request: Request) -> Picture:
        return decoding.decode(request["image"].file.read())

    def predict(self, picture: Picture) -> reading.Reading:
        return reading.read(self.reader, [isolation.isolate(picture, "digit", find=self.finder)])[0]

    def encode_response(self, output: reading.Reading) -> dict[str, Any]:
        return {"text": output.text, "confidence": output.confidence, "sure": output.sure}


if __name__ == "__main__":
    os.environ.setdefault(THREADS_VARIABLE, "1")  # as in the predict worker
    # LitServe's own end may leave processes behind, mostly while it starts. All are in a group of their own.
    signal.signal(signal.SIGINT, lambda *_: os.killpg(0, signal.SIGKILL))
    server = litserve.LitServer(Digits(), accelerator="cpu", workers_per_device=os.cpu_count() or 1)
    server.run("127.0.0.1", int(sys.argv[1]), log_level="warning", generate_client_file=False)
