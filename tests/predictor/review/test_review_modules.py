"""The review page's modules: their own tests, and what they name."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import missing

ROOT = Path(__file__).resolve().parent.parent.parent.parent
STATIC = ROOT / "predictor" / "static" / "predictor" / "review"
MODULES = sorted(STATIC.glob("*.js"))
PAGES = {"desk_page": "/admin/review/", "grid_page": "/admin/review/grid/"}


def _with_imports(name: str) -> set[str]:
    code = (STATIC / f"{name}.js").read_text()
    direct = set(re.findall(r'^import .*from "\./(\w+)\.js";$', code, re.MULTILINE))
    return {name}.union(*(_with_imports(each) for each in direct))


def test_the_modules_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if not node:
        missing("nodejs", "Node.js")
    tests = [str(file) for file in sorted((ROOT / "tests" / "predictor").glob("*.test.mjs"))]
    done = subprocess.run([str(node), "--test", *tests], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_asks_no_other_site_for_anything(module: Path) -> None:
    assert "://" not in module.read_text()


@pytest.mark.parametrize("entry", PAGES)
def test_every_part_that_the_modules_look_for_is_on_their_page(reviewer: User, entry: str) -> None:
    client = Client()
    client.force_login(reviewer)
    page = client.get(PAGES[entry]).content.decode()
    code = "".join((STATIC / f"{name}.js").read_text() for name in _with_imports(entry))
    wanted = set(re.findall(r'\bpart\("([\w-]+)"\)', code))
    assert len(wanted) > 5
    assert wanted <= set(re.findall(r'data-part="([\w-]+)"', page))


@pytest.mark.parametrize("entry", PAGES)
def test_every_act_of_a_button_is_one_of_the_scripts(reviewer: User, entry: str) -> None:
    client = Client()
    client.force_login(reviewer)
    acts = set(re.findall(r'data-act="(\w+)"', client.get(PAGES[entry]).content.decode()))
    listened = (STATIC / f"{entry}.js").read_text().partition("listen(")[2]
    assert acts
    assert all(re.search(rf"\b{act}\b", listened) for act in acts)


def test_nothing_on_the_pages_runs_or_styles_inline(reviewer: User) -> None:
    client = Client()
    client.force_login(reviewer)
    for path in (*PAGES.values(), "/admin/review/agreement/", "/admin/"):
        page = client.get(path)
        assert "default-src 'self'" in page["Content-Security-Policy"]
        assert not re.search(
            r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|\son\w+=|\sstyle=", page.content.decode()
        )
