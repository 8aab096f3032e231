"""Settings: read from the environment, refused by name, and all of them documented."""

import ast
import dataclasses
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from digitsite import environment
from digitsite import settings as site

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "settings.md"


def _documented() -> dict[str, str]:
    """Each variable of the table, with its default."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", DOCUMENT.read_text(), re.MULTILINE)
    return dict(rows)


def _start(folder: Path, **values: str) -> subprocess.CompletedProcess[str]:
    """Imports the settings in a process of its own, with nothing in its environment but `values`."""
    show = "from digitsite import settings as s; print(s.PORT, s.DIGITSITE_THROTTLE, s.DATABASES['default']['ENGINE'])"
    kept = {"PATH": os.environ["PATH"], "DIGITSITE_DATA": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", show], cwd=ROOT, env={**kept, **values}, capture_output=True, text=True, check=False
    )


def test_every_setting_is_documented_and_the_other_way_round() -> None:
    assert set(_documented()) == set(site.SETTINGS)
    assert list(site.SETTINGS) == sorted(site.SETTINGS)


@pytest.mark.parametrize("table", ["REVIEW"])
def test_every_rule_of_a_table_is_documented_with_its_value(table: str) -> None:
    text = DOCUMENT.read_text()
    rows = re.findall(r"^\| `([a-z_]+)` \| ([0-9.]+) \|", text[text.index(f"`{table}` in") :], re.MULTILINE)
    rules = dataclasses.asdict(getattr(site, table))
    assert {name: float(value) for name, value in rows[: len(rules)]} == rules


def test_every_variable_that_is_read_is_a_setting() -> None:
    """Whoever reads the environment: the settings, or the parts that can't import them."""
    ours = {"DJANGO_SETTINGS_MODULE"}
    for room in ("digitsite", "predictor", "ml", "frontend"):
        for file in (ROOT / room).rglob("*.py"):
            for name in _read_from_the_environment(file):
                foreign = name.startswith(("TF_", "KERAS_", "CUDA_"))
                assert name in site.SETTINGS or name in ours or foreign, f"{file}: {name}"


def _read_from_the_environment(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    names = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        called = ast.unparse(node.func)
        if called.startswith("environment.") or called in {"os.environ.get", "os.getenv"}:
            names.add(node.args[0].value)
    return {name for name in names if isinstance(name, str)}


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("ALLOWED_HOSTS", "*"),
        ("DEBUG", "0"),
        ("DIGITSITE_KEEP_DAYS", "0"),
        ("DIGITSITE_KEEP_DRAWINGS", "0"),
        ("DIGITSITE_PURGE_LABELLED", "0"),
        ("DIGITSITE_QUEUE_LIMIT", "10000"),
        ("DIGITSITE_ADDRESS_VISITORS", "4"),
        ("DIGITSITE_EXPLANATIONS", "120/min"),
        ("DIGITSITE_EXPORTS", "20/hour"),
        ("DIGITSITE_SHARES", "60/hour"),
        ("DIGITSITE_SIGN_INS", "10/15min"),
        ("DIGITSITE_SIGN_UPS", "60/hour"),
        ("DIGITSITE_THROTTLE", "300/min"),
        ("DIGITSITE_TRUST_PROXY", "0"),
        ("DIGITSITE_UNSAFE", "0"),
        ("DIGITSITE_WAIT", "3"),
        ("DIGITSITE_WEB_PROCESSES", "2"),
        ("HOST", "127.0.0.1"),
        ("HTTPS", "0"),
        ("PORT", "8000"),
        ("TIME_ZONE", "UTC"),
    ],
)
def test_a_documented_default_is_the_one_that_holds(name: str, default: str) -> None:
    """Read from the source: this process has its own environment."""
    assert _documented()[name] == f"`{default}`"
    source = (ROOT / "digitsite" / "settings.py").read_text()
    [read] = re.findall(rf"environment\.\w+\(\"{name}\"[^\n]*", source)
    shown = "default=False" if default == "0" and "boolean" in read else default
    assert shown in read.replace("10_000", "10000").replace("3.0", "3")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("HTTPS", "perhaps"),
        ("DEBUG", "2"),
        ("DIGITSITE_KEEP_DAYS", "-1"),
        ("DIGITSITE_KEEP_DRAWINGS", "many"),
        ("DIGITSITE_TRUST_PROXY", "nginx"),
        ("DIGITSITE_PUBLIC_URL", "digits.example"),
        ("DIGITSITE_PUBLIC_URL", "https://digits.example/path"),
        ("DIGITSITE_PUBLIC_URL", "https://somebody@digits.example"),
        ("DIGITSITE_SECURITY_CONTACT", "somebody"),
        ("DIGITSITE_SECURITY_CONTACT", "security@digits.example"),
        ("DIGITSITE_UNSAFE", "sure"),
        ("DIGITSITE_WAIT", "long"),
        ("DIGITSITE_WAIT", "-1"),
        ("DIGITSITE_WAIT", "nan"),
        ("DIGITSITE_WAIT", "inf"),
        ("DIGITSITE_QUEUE_LIMIT", "0"),
        ("DIGITSITE_WEB_PROCESSES", "many"),
        ("DIGITSITE_ADDRESS_VISITORS", "0"),
        ("DIGITSITE_SIGN_INS", "many"),
        ("DIGITSITE_THROTTLE", "300"),
        ("DIGITSITE_THROTTLE", "0/min"),
        ("DIGITSITE_THROTTLE", "300/fortnight"),
        ("DIGITSITE_THROTTLE", "-1/min"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "oracle3000://host/name"),
        ("REDIS_URL", "localhost:6379"),
        ("TIME_ZONE", "Nowhere/Land"),
        ("DIGITSITE_STORAGE", "s3://"),
        ("DIGITSITE_STORAGE", "s3://My_Bucket"),
        ("DIGITSITE_STORAGE", "https://host/bucket"),
        ("DIGITSITE_ML_THREADS", "many"),
        ("DIGITSITE_ML_THREADS", "-1"),
    ],
)
def test_a_value_that_cannot_be_used_stops_the_start_and_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = _start(tmp_path, **{name: value})
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert name in last
    assert "ImproperlyConfigured" in last


def test_a_storage_is_a_folder_or_a_bucket_and_exports_have_a_part_of_it(tmp_path: Path) -> None:
    default, here = tmp_path / "default", str(tmp_path)
    assert environment.storage("", default, "part")["OPTIONS"]["location"] == str(default)
    assert environment.storage(here, default)["OPTIONS"]["location"] == here
    assert environment.storage(here, default, "part")["OPTIONS"]["location"] == f"{here}/part"
    found = [environment.storage(url, default, "part")["OPTIONS"] for url in ("s3://bucket", "s3://bucket/of/two/")]
    assert [each["location"] for each in found] == ["part", "of/two/part"]
    assert {each["bucket_name"] for each in found} == {"bucket"}


def test_a_data_folder_that_cannot_be_made_stops_the_start_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = _start(tmp_path / "file")
    assert done.returncode != 0
    assert "DIGITSITE_DATA" in done.stderr.strip().splitlines()[-1]


def test_values_that_can_be_used_are(tmp_path: Path) -> None:
    done = _start(tmp_path, PORT=" 9000 ", DIGITSITE_THROTTLE="5/s", DATABASE_URL="postgres://someone@host/name")
    assert done.stdout == "9000 (5, 1) digitsite.databases.postgresql\n", done.stderr
    assert _start(tmp_path, DIGITSITE_THROTTLE="0").stdout == "8000 None digitsite.databases.sqlite3\n"


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("0", None),
        ("300/min", (300, 60)),
        ("5/s", (5, 1)),
        ("1/hour", (1, 3600)),
        ("7/d", (7, 86400)),
        ("2/sec", (2, 1)),
        ("2/m", (2, 60)),
        ("10/15min", (10, 900)),
    ],
)
def test_a_rate_is_times_in_a_time(text: str, limit: Any) -> None:
    assert environment.rate("DIGITSITE_NONE", text) == limit


@pytest.mark.parametrize(
    "text", ["", "min", "/min", "3/", "3 /min", "3/MIN", "0/s", "00", "1e3/s", "3/0min", "3/-1min"]
)
def test_a_rate_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DIGITSITE_NONE"):
        environment.rate("DIGITSITE_NONE", text)


def test_a_secret_key_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    key = environment.kept_secret_key(tmp_path)
    assert len(key) >= 50
    assert environment.kept_secret_key(tmp_path) == key
    file = tmp_path / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {entry.name for entry in tmp_path.iterdir()} == {"secret_key", ".secret_key.lock"}


def test_a_damaged_secret_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("short")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        environment.kept_secret_key(tmp_path)


def test_the_data_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    _start(tmp_path / "data")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_an_environment_variable_of_blanks_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING", "  ")
    assert environment.text("SOMETHING", "default") == "default"
    assert environment.boolean("SOMETHING", default=True) is True
    assert environment.number("SOMETHING", 7, minimum=0, maximum=9) == 7
    assert environment.words("SOMETHING", ["default"]) == ["default"]


def test_a_list_is_of_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING", " a.example, b.example ,")
    assert environment.words("SOMETHING", []) == ["a.example", "b.example"]


@pytest.mark.parametrize("text", ["1", "true", "YES", "on"])
def test_a_yes_is_a_yes(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SOMETHING", text)
    assert environment.boolean("SOMETHING", default=False) is True


def test_a_folder_may_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING", "~/digits")
    assert environment.folder("SOMETHING", Path("x")) == Path.home() / "digits"


def test_django_has_nothing_else_to_say_of_a_site_behind_https(tmp_path: Path) -> None:
    """It would bind the domain's other names, too, which may not be ours."""
    values = {
        "HTTPS": "1",
        "DIGITSITE_TRUST_PROXY": "1",
        "ALLOWED_HOSTS": "digits.example",
        "DIGITSITE_DATA": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **values},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(re.findall(r"\w+\.W\d+", done.stderr)) == {"security.W005", "security.W021"}


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
