"""What the train worker does every hour by itself."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from predictor.drawings import erasure, retention, upkeep
from predictor.models import Drawing, Owner
from tests.predictor.stored import store


@pytest.fixture(autouse=True)
def first_time(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(upkeep, "_last", float("-inf"))


@pytest.fixture
def old(writer: Owner) -> Drawing:
    return _made_old(store(writer))


def _made_old(drawing: Drawing) -> Drawing:
    Drawing.objects.filter(pk=drawing.pk).update(created_at=timezone.now() - timedelta(days=100))
    return drawing


def _due() -> None:
    upkeep.start_if_due()
    for thread in threading.enumerate():
        if thread.name.endswith("(_run)"):
            thread.join()


def test_without_limits_no_drawing_is_deleted_by_itself(old: Drawing) -> None:
    _due()
    assert Drawing.objects.filter(pk=old.pk).exists()


def test_with_a_limit_they_are_deleted_once_an_hour(
    old: Drawing, writer: Owner, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DIGITSITE_KEEP_DAYS = 60
    young = store(writer)
    _due()
    assert list(Drawing.objects.all()) == [young]
    _made_old(young)
    _due()
    assert list(Drawing.objects.all()) == [young]
    monkeypatch.setattr(upkeep, "EVERY_SECONDS", 0)
    _due()
    assert not Drawing.objects.exists()


def test_with_a_limit_old_visitors_who_have_nothing_go_too(settings: Any) -> None:
    settings.DIGITSITE_KEEP_DAYS = 60
    stranger = Owner.objects.create(key="stranger")
    _due()
    assert Owner.objects.filter(pk=stranger.pk).exists()
    Owner.objects.filter(pk=stranger.pk).update(created_at=timezone.now() - timedelta(days=100))
    upkeep._last = float("-inf")
    _due()
    assert not Owner.objects.filter(pk=stranger.pk).exists()


def test_expired_sessions_are_deleted_and_others_stay(reviewer: User) -> None:
    gone, there = Client(), Client()
    for client in (gone, there):
        client.force_login(reviewer)
    expired = gone.cookies["sessionid"].value
    Session.objects.filter(pk=expired).update(expire_date=timezone.now() - timedelta(seconds=1))
    _due()
    assert list(Session.objects.values_list("pk", flat=True)) == [there.cookies["sessionid"].value]


def test_a_failure_is_logged_holds_up_nothing_else_and_the_next_hour_tries_again(
    old: Drawing, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DIGITSITE_KEEP_DAYS = 60
    erased: list[int] = []
    monkeypatch.setattr(erasure, "empty_the_log", lambda: erased.append(1))
    with monkeypatch.context() as patch:
        patch.setattr(retention, "plan", lambda _: 1 / 0)
        _due()
    assert "Deleting old drawings failed" in caplog.text
    assert len(erased) == 1
    monkeypatch.setattr(upkeep, "EVERY_SECONDS", 0)
    _due()
    assert not Drawing.objects.exists()
