"""What the source says and what a catalog of translations holds, read without gettext's tools."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("frontend", "predictor")
QUOTED = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(?:n?p?gettext|_)\(\s*(?:{QUOTED})(?:,\s*{QUOTED})?")
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}

Key = tuple[str, str]
"""Context and msgid."""


@dataclass(frozen=True)
class Entry:
    context: str
    text: str
    plural: str
    said: list[str]
    is_fuzzy: bool

    @property
    def key(self) -> Key:
        return self.context, self.text


def po(app: str) -> list[Entry]:
    """The entries of an app's German catalog, without its header."""
    blocks = (catalog(app) / "django.po").read_text().split("\n\n")
    return [entry for entry in map(_entry, blocks) if entry.text]


def catalog(app: str) -> Path:
    return ROOT / app / "locale" / "de" / "LC_MESSAGES"


def texts_of(app: str) -> set[Key]:
    """Every text in an app's templates and code that is marked for translation."""
    templates = (ROOT / app).rglob("*.html")
    code = (ROOT / app).rglob("*.py")
    return {key for file in templates for key in _in_template(file)} | {key for file in code for key in _in_code(file)}


def _in_template(file: Path) -> list[Key]:
    return [_key(call[0], call.groups()) for call in CALL.finditer(templatize(file.read_text()))]


def _in_code(file: Path) -> list[Key]:
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    marked = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in MARKS]
    found = []
    for call in marked:
        literals = [each.value for each in call.args if isinstance(each, ast.Constant)]
        assert literals, f"{file}:{call.lineno}: a text that no tool can find"
        found.append((literals[0], literals[1]) if "pgettext" in call.func.id else ("", literals[0]))
    return found


def _key(call: str, literals: tuple[str, ...]) -> Key:
    first, *rest = [ast.literal_eval(each) for each in literals if each]
    return (first, rest[0]) if call.startswith(("pgettext", "npgettext")) else ("", first)


def _entry(block: str) -> Entry:
    found: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if match := re.match(r'(msg\w+(?:\[\d\])?) (".*")$', line):
            name = match[1]
            found[name] = ast.literal_eval(match[2])
        elif line.startswith('"'):
            found[name] += ast.literal_eval(line)
    said = [text for key, text in sorted(found.items()) if key.startswith("msgstr")]
    is_fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in block.splitlines())
    return Entry(found.get("msgctxt", ""), found.get("msgid", ""), found.get("msgid_plural", ""), said, is_fuzzy)
