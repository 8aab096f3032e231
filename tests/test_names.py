"""One name for one thing, and folders that one can take in."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("digitsite", "frontend", "ml", "predictor")
MODULES_A_FOLDER = 15
CONVENTIONS = {"__init__", "apps", "base", "settings", "urls", "views"}
"""What Django names so, wherever it stands."""
ROWS_AND_THEIR_ADMIN = {"predictor/admin", "predictor/models"}
SAME_MODULE = {
    "arrays": {"ml/sources/labelled", "predictor/datasets/export"},
    "config": {"ml/training", "predictor/training"},
    "consent": {"frontend scripts", "predictor/drawings"},
    "datasets": ROWS_AND_THEIR_ADMIN,
    "draw": {"frontend/views", "frontend scripts"},
    "drawings": ROWS_AND_THEIR_ADMIN,
    "explanation": {"frontend scripts", "ml/network"},
    "formats": {"frontend/formats/de", "frontend/formats/en"},
    "glances": {"frontend scripts", "predictor/reading"},
    "history": {"frontend/views", "frontend scripts", "predictor/drawings"},
    "ink": {"frontend scripts", "ml/glyphs"},
    "keys": {"frontend scripts", "predictor scripts"},
    "labels": {"frontend scripts", "predictor/models", "predictor/review"},
    "outputs": {"predictor/admin", "predictor/api"},
    "page": {"frontend scripts", "predictor scripts"},
    "pictures": {"frontend scripts", "predictor/datasets/export"},
    "policy": {"predictor/datasets", "predictor/review"},
    "progress": {"ml", "predictor/training"},
    "reader": {"frontend scripts", "ml/network"},
    "rows": {"ml/sources/labelled", "predictor/datasets/export"},
    "shadow": {"predictor/management/commands", "predictor/versions"},
    "strokes": {"frontend scripts", "ml/pictures"},
    "training": ROWS_AND_THEIR_ADMIN,
    "two_factor": {"frontend/views", "predictor"},
    "versions": ROWS_AND_THEIR_ADMIN,
}
"""What is about one thing in each of these places. A module of that name anywhere else is another thing."""
SAME_CLASS = {
    "Command": {"predictor/management/commands", "predictor/tools/management/commands"},
    "DatabaseWrapper": {"digitsite/databases/postgresql", "digitsite/databases/sqlite3"},
}


def _code() -> list[Path]:
    files = (file.relative_to(ROOT) for package in PACKAGES for file in (ROOT / package).rglob("*"))
    return [file for file in files if file.suffix in {".py", ".js"} and "migrations" not in file.parts]


def test_no_folder_holds_more_than_15_modules() -> None:
    folders: defaultdict[Path, list[str]] = defaultdict(list)
    for file in _code():
        if file.name != "__init__.py":
            folders[file.parent].append(file.name)
    assert {str(folder): names for folder, names in folders.items() if len(names) > MODULES_A_FOLDER} == {}


def test_no_two_modules_share_a_name_but_for_the_same_thing() -> None:
    assert _ambiguous(_modules(), SAME_MODULE) == {}


def test_no_two_public_classes_share_a_name() -> None:
    assert _ambiguous(_classes(), SAME_CLASS) == {}


def test_every_listed_place_has_a_module_or_class_of_that_name() -> None:
    assert _missing(_modules(), SAME_MODULE) == {}
    assert _missing(_classes(), SAME_CLASS) == {}


def test_a_second_thing_of_one_name_is_found() -> None:
    assert _ambiguous({"Outcome": ["ml/training", "predictor/training"]}, {}) != {}
    assert _ambiguous({"history": ["frontend", "ml"]}, SAME_MODULE) != {}
    assert _ambiguous({"history": ["frontend/views", "predictor/drawings"]}, SAME_MODULE) == {}


def _place(file: Path) -> str:
    return f"{file.parts[0]} scripts" if file.suffix == ".js" else str(file.parent)


def _modules() -> Mapping[str, list[str]]:
    """The places of each module name."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for file in _code():
        if file.stem not in CONVENTIONS:
            places[file.stem].append(_place(file))
    return places


def _classes() -> Mapping[str, list[str]]:
    """The places of each public class name."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for file in _code():
        if file.suffix == ".py":
            for node in ast.parse((ROOT / file).read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(_place(file))
    return places


def _ambiguous(places: Mapping[str, list[str]], same: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Names that stand in several places, other than those in which they mean the same."""
    return {name: found for name, found in places.items() if len(found) > 1 and not set(found) <= same.get(name, set())}


def _missing(places: Mapping[str, list[str]], same: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Listed places where nothing has the name."""
    return {name: listed - set(places[name]) for name, listed in same.items() if not listed <= set(places[name])}
