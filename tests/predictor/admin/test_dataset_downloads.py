"""Downloads of snapshots, written by a process of their own."""

import io
import os
import sys
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from predictor.admin import datasets as admin_datasets
from predictor.datasets import snapshots
from predictor.datasets.export import process as export_process
from predictor.datasets.export.process import ZipProcess
from predictor.models import Dataset
from tests.predictor.stored import learn, writers

DATASETS = "/admin/predictor/dataset/"


@pytest.fixture
def dataset(reviewer: User) -> Dataset:
    for owner, text in zip(writers(10), "7143712347", strict=True):
        learn(owner, reviewer, text)
    return snapshots.snapshot()


@pytest.fixture
def exports(transactional_db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that exports sees this test's database."""
    if connection.vendor != "sqlite":
        pytest.skip("the process is told of an SQLite database")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{connection.settings_dict['NAME']}")
    monkeypatch.setenv("DIGITSITE_TEST_DATA", str(settings.DATA_DIR))
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "tests.settings"


@pytest.mark.parametrize(
    ("query", "file"),
    [
        ("format=png", "glyphs.csv"),
        ("format=npz", "dataset.npz"),
        ("format=idx", "t10k-images-idx3-ubyte"),
        ("format=parquet", "data/test-00000-of-00001.parquet"),
        ("format=png&originals", "pictures.csv"),
        ("format=parquet&originals", "README.md"),
    ],
)
def test_it_is_downloaded_as_a_zip(exports: None, desk: Client, dataset: Dataset, query: str, file: str) -> None:
    answer = desk.get(f"{DATASETS}{dataset.pk}/download/?{query}")
    assert answer.streaming
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        assert archive.testzip() is None
        names = {name.partition("/")[2] for name in archive.namelist()}
    assert {file, "manifest.json", "README.md"} <= names
    assert f"dataset-{dataset.pk}" in answer["Content-Disposition"]


def test_a_form_that_there_is_not_is_refused_with_words(desk: Client, dataset: Dataset) -> None:
    answer = desk.get(f"{DATASETS}{dataset.pk}/download/?format=idx&originals", follow=True)
    assert "Only png and parquet can hold pictures of any size" in answer.content.decode()


ENDLESS = [sys.executable, "-c", "while True: print('PK' * 1000)"]


def test_a_client_that_goes_away_ends_the_process(
    desk: Client, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[ZipProcess] = []

    def start(*given: Any) -> ZipProcess:
        made.append(ZipProcess(*given))
        return made[0]

    monkeypatch.setattr(export_process, "command", lambda *_: ENDLESS)
    monkeypatch.setattr(admin_datasets, "ZipProcess", start)
    answer = desk.get(f"{DATASETS}{dataset.pk}/download/")
    assert next(iter(answer)).startswith(b"PK")
    assert made[0]._process.poll() is None
    answer.close()
    assert made[0]._process.poll() is not None


def test_an_export_that_fails_before_its_first_byte_says_why(
    exports: None, desk: Client, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/db.sqlite3")
    answer = desk.get(f"{DATASETS}{dataset.pk}/download/", follow=True)
    assert "unable to open database file" in answer.content.decode()
