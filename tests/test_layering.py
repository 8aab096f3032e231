"""Who may know whom, by reading the imports; and what the web process has loaded, by asking it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("digitsite", "frontend", "ml", "predictor")
HEAVY = {"tensorflow", "keras", "jax", "torch"}
DJANGO = {"django", "rest_framework", "celery", "kombu", "redis", "drf_spectacular"}


def _files(room: str) -> list[Path]:
    return sorted(file for file in (ROOT / room).rglob("*.py") if "migrations" not in file.parts)


def _imports(file: Path, *, at_once: bool = False) -> Iterator[str]:
    """The modules a file imports; with `at_once` only those it imports as soon as it is imported itself."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in _nodes(tree, into_functions=not at_once):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports name the whole way"
            yield node.module or ""
            # `from ml import artifact` imports ml.network.artifact.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _nodes(node: ast.AST, *, into_functions: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        is_for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if (is_function and not into_functions) or is_for_types:
            continue
        yield child
        yield from _nodes(child, into_functions=into_functions)


def _of(names: Iterator[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("file", _files("ml"), ids=lambda file: file.stem)
def test_ml_knows_neither_django_nor_celery_nor_the_site(file: Path) -> None:
    assert not _of(_imports(file)) & (DJANGO | {"digitsite", "predictor", "frontend"})


@pytest.mark.parametrize("file", _files("predictor"), ids=lambda file: str(file.relative_to(ROOT)))
def test_the_predictor_does_not_know_its_pages(file: Path) -> None:
    assert "frontend" not in _of(_imports(file))


def test_pages_know_the_predictor_and_no_numbers() -> None:
    for file in _files("frontend"):
        assert not _of(_imports(file)) & {"ml", *HEAVY}, file


def test_the_project_knows_its_parts_by_their_addresses_and_the_worker_by_its_functions() -> None:
    """`digitsite` may import only what it serves: the probes, and in functions what a worker does."""
    for file in _files("digitsite"):
        at_once = {name for name in _imports(file, at_once=True) if name.startswith(("predictor.", "frontend.", "ml"))}
        assert at_once <= {"predictor.probes"}, file


def test_tests_and_tools_are_not_part_of_the_site() -> None:
    for room in ROOMS:
        for file in _files(room):
            assert not _of(_imports(file)) & {"tests", "pytest", "hypothesis", "playwright"}, file


def _loaded_by(start: str) -> set[Path]:
    """The site's own files that importing `start` imports in turn, as it is imported."""
    seen: set[Path] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for file in (ROOT / f"{name.replace('.', '/')}.py", ROOT / name.replace(".", "/") / "__init__.py"):
            if file.is_file() and file not in seen:
                seen.add(file)
                waiting += [found for found in _imports(file, at_once=True) if found.partition(".")[0] in ROOMS]
    return seen


def test_nothing_that_the_web_imports_imports_keras_as_it_is_imported() -> None:
    seen = set()
    for start in (
        "digitsite.urls",
        "digitsite.settings",
        "predictor.apps",
        "predictor.models",
        "predictor.admin",
        "predictor.tasks",
    ):
        seen |= _loaded_by(start)
    assert ROOT / "ml" / "glyphs.py" in seen, "the web isolates glyphs"
    assert ROOT / "predictor" / "api" / "views.py" in seen
    for file in sorted(seen):
        assert not _of(_imports(file, at_once=True)) & HEAVY, file


def test_the_heavy_modules_are_the_ones_that_hold_a_network() -> None:
    heavy = {str(file.relative_to(ROOT)) for file in _files("ml") if _of(_imports(file, at_once=True)) & HEAVY}
    assert heavy == {"ml/backend.py"}, "everything else takes Keras from there"


WEB = """
import io, json, os, sys
from wsgiref.util import setup_testing_defaults
import django
from django.core.management import call_command
os.environ["DJANGO_SETTINGS_MODULE"] = "digitsite.settings"
from digitsite.wsgi import application
call_command("migrate", verbosity=0)
call_command("collectstatic", verbosity=0, interactive=False)
sys.path.insert(0, os.getcwd())
from tests.predictor.pictures import data_url, drawn

def ask(method, path, body=b""):
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    answered = []
    content = b"".join(application(environ, lambda status, headers: answered.append(status)))
    return answered[0], content

status, content = ask("POST", "/api/v1/drawings/", json.dumps({"image": data_url(drawn("7"))}).encode())
assert status.startswith("202"), (status, content)
for path in ("/", "/history/", "/privacy/", "/admin/login/", "/api/v1/drawings/", "/api/v1/models/", "/api/v1/schema/",
             "/api/v1/docs/", "/healthz"):
    status, content = ask("GET", path)
    assert status.startswith("200"), (path, status)
heavy = sorted({"tensorflow", "keras", "jax", "torch", "scipy.stats"} & set(sys.modules))
print("heavy:", heavy)
"""


def test_the_web_process_serves_without_what_is_heavy(tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "DIGITSITE_DATA": str(tmp_path),
        "DIGITSITE_WAIT": "0",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", WEB], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "heavy: []"
