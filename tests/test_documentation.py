"""The documentation matches the code: commands, options, endpoints, files, dependencies."""

import itertools
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from predictor.api.urls import urlpatterns

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CHANGELOG = ROOT / "CHANGELOG.md"
TEXT = "\n".join(page.read_text() for page in PAGES)
APPS = {name: app for name, app in get_commands().items() if app.startswith("predictor")}
COMMANDS = sorted(APPS)
DJANGOS = {
    "addstatictoken",
    "createsuperuser",
    "help",
    "migrate",
    "test",
    "makemigrations",
    "collectstatic",
    "spectacular",
    "shell",
    "check",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"manage\.py {command}\b", TEXT)


def test_every_command_that_is_documented_exists() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", TEXT))
    assert named <= {*COMMANDS, *DJANGOS}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command: str) -> None:
    made = load_command_class(APPS[command], command)
    assert made.help
    assert made.__class__.__module__.endswith(command)


def test_every_option_that_is_documented_exists() -> None:
    for line in TEXT.splitlines():
        for command in set(re.findall(r"manage\.py ([a-z_]+)", line)) & set(COMMANDS):
            parser = load_command_class(APPS[command], command).create_parser("manage.py", command)
            known = set(parser._option_string_actions)
            assert set(re.findall(r"(--[a-z-]+)", line)) <= known, line


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "announce"])
def test_every_option_of_a_command_is_documented(command: str) -> None:
    plain = set(load_command_class("predictor", "announce").create_parser("manage.py", "x")._option_string_actions)
    made = load_command_class(APPS[command], command)
    own = set(made.create_parser("manage.py", command)._option_string_actions) - plain
    for option in own:
        assert option in TEXT, f"manage.py {command} {option}"


def _targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_every_make_target_that_is_documented_exists() -> None:
    assert set(re.findall(r"`make ([a-z-]+)`", TEXT)) <= _targets()
    assert {"run", "test", "test-all", "lint", "bench"} <= _targets()
    assert set(re.findall(r"`make ([a-z-]+)`", TEXT)) >= {"run", "test", "test-all", "lint", "bench"}


def test_every_address_that_is_documented_answers() -> None:
    for path in set(re.findall(r"(/api/v1/[a-z/]*)", TEXT)) - {"/api/v1/"}:
        try:
            resolve(path)
        except Resolver404:
            pytest.fail(path)


def test_every_address_of_the_api_has_a_name() -> None:
    assert all(pattern.name for pattern in urlpatterns)


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, CHANGELOG], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]+)(?:#([^)\s]+))?", page.read_text()):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), target
            assert not anchor or anchor in _anchors(page.parent / target), f"{target}#{anchor}"


def test_the_index_lists_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in index, page.name


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= 1200


def test_a_version_of_the_changelog_has_sections_that_are_known_and_few_entries() -> None:
    _, *versions = re.split(r"^## ", CHANGELOG.read_text(), flags=re.MULTILINE)
    assert versions[0].startswith("Unreleased")
    for version in versions[1:]:
        assert re.match(r"\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}\n", version), version[:30]
        assert version.count("\n- ") <= 40
    sections = set(re.findall(r"^### (.+)$", CHANGELOG.read_text(), re.MULTILINE))
    assert sections <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:digitsite|predictor|frontend|ml|tests|docs)/[\w/.*-]*)`", TEXT))
    for name in named:
        assert list(ROOT.glob(name.rstrip("/"))), name


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    table = (ROOT / "README.md").read_text().partition("## Dependencies")[2]
    for line in itertools.chain(*asked):
        package = re.split(r"[^\w-]", line)[0]
        assert re.search(rf"\b{package}\b", table, re.IGNORECASE), package


def test_nothing_is_left_to_fill_in() -> None:
    assert not re.findall(r"\{\{.*?\}\}|TODO|FIXME|XXX", TEXT)


def test_everything_that_ships_is_tracked_or_ignored_on_purpose() -> None:
    """A model or a data folder that slipped into the repository, or a bundled file that did not."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    if not listed:
        pytest.skip("not a git checkout")
    assert not [name for name in listed if name.startswith(("var/", ".venv/", "node_modules/"))]
    large = [name for name in listed if (ROOT / name).is_file() and (ROOT / name).stat().st_size > 6 * 2**20]
    assert large == []
