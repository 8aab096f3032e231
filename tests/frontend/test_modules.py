"""The JavaScript modules: their own tests, the names they use, and the size of a first visit."""

import gzip
import posixpath
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from frontend import static_files
from tests.conftest import missing

ROOT = Path(__file__).resolve().parent.parent.parent
STATIC = ROOT / "frontend" / "static" / "frontend"
TEMPLATE = (ROOT / "frontend" / "templates" / "frontend" / "draw.html").read_text()
MODULES = sorted(STATIC.rglob("*.js"))
FOLDER_LIMIT = 15
VISIT_LIMIT = 100 * 1024


def imports(name: str) -> set[str]:
    """The modules that a module imports, directly or not."""
    code = (STATIC / f"{name}.js").read_text()
    paths = re.findall(r'^import .*from "(\.[\w./]+)\.js";$', code, re.MULTILINE)
    direct = {posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in paths}
    return direct.union(*(imports(each) for each in direct))


def test_the_modules_pass_their_own_tests():
    node = shutil.which("node")
    if not node:
        missing("nodejs", "Node.js")
    done = subprocess.run(
        [node, "--test", "tests/frontend/"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert int(re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)[1]) > 30


def test_no_folder_holds_more_modules_than_one_can_look_over():
    folders = Counter(module.parent for module in MODULES)
    assert STATIC not in folders
    assert max(folders.values()) <= FOLDER_LIMIT


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_module_asks_no_other_site_for_anything(module: Path):
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)\S+", module.read_text()) == []


def test_the_page_asks_for_all_its_modules_at_once():
    assert sorted(imports("pages/draw")) == list(static_files.DRAWING_MODULES)


def test_every_word_that_the_modules_say_is_in_the_template_and_no_other():
    code = "".join(module.read_text() for module in MODULES)
    said = set(re.findall(r'word\("(\w+)"', code))
    for first, second in re.findall(r'word\([^"]*\? "(\w+)" : "(\w+)"', code):
        said |= {first, second}
    words = TEMPLATE[TEMPLATE.index('id="words"') : TEMPLATE.index("></div>")]
    written = {re.sub(r"-(\w)", lambda m: m[1].upper(), name) for name in re.findall(r"\bdata-([a-z-]+)=", words)}
    assert said == written


@pytest.mark.django_db
def test_every_part_that_the_modules_look_for_is_on_the_page(client: Client):
    code = "".join((STATIC / f"{name}.js").read_text() for name in ("pages/draw", *static_files.DRAWING_MODULES))
    wanted = set(re.findall(r'(?:\bpart|setting|button)\("([\w-]+)"', code))
    found = set(re.findall(r'data-testid="([\w-]+)"', client.get("/").content.decode()))
    assert wanted
    assert wanted - found == set()


@pytest.mark.django_db
def test_a_first_visit_weighs_no_more_than_a_hundred_kilobytes(client: Client):
    files = [*(STATIC / f"{name}.js" for name in ("pages/draw", *static_files.DRAWING_MODULES)), STATIC / "site.css"]
    rest = [STATIC / "icon.svg", STATIC / "site.webmanifest"]
    weight = sum(len(gzip.compress(file.read_bytes())) for file in [*files, *rest])
    assert weight + len(gzip.compress(client.get("/").content)) < VISIT_LIMIT


def test_released_modules_import_each_other_by_their_content(tmp_path: Path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "frontend.static_files.StaticFiles"}}
    settings.INSTALLED_APPS = ["django.contrib.staticfiles", "frontend"]
    call_command("collectstatic", interactive=False, verbosity=0)
    [entry] = [file for file in (tmp_path / "frontend/pages").glob("draw.*.js") if file.name != "draw.js"]
    targets = re.findall(r'^import .*from "(\.[\w./]+)";$', entry.read_text(), re.MULTILINE)
    assert targets
    for target in targets:
        assert re.fullmatch(r"\.\./\w+/\w+\.[0-9a-f]{12}\.js", target), target
        assert (entry.parent / target).exists()
