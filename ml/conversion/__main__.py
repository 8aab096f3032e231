"""Makes the ONNX files of an artifact: `python -m ml.conversion ml/bundled`."""

import argparse
import sys
from pathlib import Path

from ml.conversion.onnx_files import make_onnx_files
from ml.network import backend
from ml.network.manifest import ArtifactError


def main(arguments: list[str] | None = None) -> None:
    """Parses the command line and makes the files. What can't be served as ONNX ends it with a message."""
    parser = argparse.ArgumentParser(prog="python -m ml.conversion", description="Makes an artifact's ONNX files.")
    parser.add_argument("folder", type=Path, help="the artifact: a folder with manifest.json and the .keras files")
    options = parser.parse_args(arguments)
    backend.configure()
    try:
        make_onnx_files(options.folder)
    except ArtifactError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
