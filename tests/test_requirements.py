"""What is installed: the pins of `pyproject.toml`, and all that they bring along, each with its hashes."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = {
    "requirements.txt": PROJECT["project"]["dependencies"],
    "requirements-dev.txt": PROJECT["dependency-groups"]["dev"],
    "requirements-bench.txt": PROJECT["dependency-groups"]["bench"],
    "requirements-gpu.txt": PROJECT["dependency-groups"]["gpu"],
}
"""What each file is made of by `make lock`."""


def _locked(file: str) -> list[tuple[Requirement, list[str]]]:
    """Each requirement of a file with its hashes."""
    text = re.sub(r"^ *#.*\n", "", (ROOT / file).read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        named, *hashes = line.split("--hash=")
        found.append((Requirement(named), [each.strip() for each in hashes]))
    return found


def _versions(file: str) -> dict[str, str]:
    return {canonicalize_name(each.name): str(each.specifier) for each, _ in _locked(file)}


@pytest.mark.parametrize("file", ASKED)
def test_every_file_has_what_is_asked_for_in_the_version_that_is_asked_for(file: str) -> None:
    asked = {canonicalize_name(each.name): str(each.specifier) for each in map(Requirement, ASKED[file])}
    assert asked.items() <= _versions(file).items(), "run `make lock`"


@pytest.mark.parametrize("file", ASKED)
def test_every_requirement_is_one_version_with_hashes(file: str) -> None:
    locked = _locked(file)
    assert len(locked) >= len(ASKED[file])
    for requirement, hashes in locked:
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), requirement


def test_all_files_have_the_same_versions() -> None:
    site = _versions("requirements.txt")
    for file in ASKED:
        others = _versions(file)
        assert {name: others[name] for name in site.keys() & others} == {
            name: site[name] for name in site.keys() & others
        }


def test_nothing_is_installed_without_its_hash() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "--require-hashes" in makefile
    installs = re.findall(r"^\t.*(?:pip install|\$\(INSTALL\)).*$", makefile, re.MULTILINE)
    assert installs
    assert [line for line in installs if "$(INSTALL) -r requirements" not in line] == []


Audit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    """Runs `make audit` with a pip-audit that does what it is told, by the shell."""

    def run(pip_audit: str, licences: str = "true") -> subprocess.CompletedProcess[str]:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "python").symlink_to(sys.executable)
        for name, does in {"pip-audit": pip_audit, "pip-licenses": licences}.items():
            (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{does}\n")
            (tmp_path / "bin" / name).chmod(0o755)
        for stamp in (".installed", ".installed-dev"):
            (tmp_path / stamp).touch()
        command = ["make", "--no-print-directory", "audit", f"VENV={tmp_path}"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    return run


def test_a_known_vulnerability_is_an_error_that_names_it(audit: Audit) -> None:
    done = audit('echo "$@" >&2; echo "pillow 13.0.0 CVE-1" > var/audit.txt; exit 1')
    assert done.returncode != 0
    assert "pillow 13.0.0 CVE-1" in done.stdout
    told = (ROOT / "var" / "audit.log").read_text()
    assert {f"-r {file}" for file in ASKED if file != "requirements-gpu.txt"} <= set(re.findall(r"-r \S+", told))


def test_without_a_network_it_says_so_and_goes_on(audit: Audit) -> None:
    done = audit("echo no route to host >&2; exit 1")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "PyPI can't be asked for known vulnerabilities (var/audit.log says why); going on.",
    )


def test_without_a_known_vulnerability_it_is_quiet(audit: Audit) -> None:
    done = audit("true")
    assert done.returncode == 0
    assert "PyPI" not in done.stdout


def test_a_licence_that_is_not_allowed_is_an_error(audit: Audit) -> None:
    assert audit("true", licences="exit 1").returncode != 0
