"""The order of the packages: the contracts in pyproject.toml, function-level imports included."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("digitsite", "frontend", "ml", "predictor")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_no_package_imports_a_later_one_and_there_is_no_circle() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("ml/atomic_files.py", "from predictor import errors", "predictor"),
        ("ml/pictures/picture.py", "def late():\n    import django", "django"),
        ("predictor/models/drawings.py", "def late():\n    from predictor.review import labels", "predictor.review"),
        ("frontend/presentation.py", "import numpy", "numpy"),
    ],
)
def test_a_wrong_import_is_caught(tmp_path: Path, module: str, line: str, broken: str) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.keras", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert (tmp_path / module).is_file()
    with (tmp_path / module).open("a") as file:
        file.write(f"\n\n{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode != 0
    importer = module.removesuffix(".py").replace("/", ".")
    assert f"{importer} -> {broken}" in done.stdout
