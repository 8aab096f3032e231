"""Versions of the network: their figures, their readings in the shadow, and the buttons that promote and roll back."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import redis
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from predictor.admin.common import ReadOnly, accuracy
from predictor.errors import DomainError
from predictor.models import ModelVersion, Rereading, VersionStatus
from predictor.percentages import percent
from predictor.reading import queue
from predictor.versions import registry, shadow

DISAGREEMENTS = 24
LOADED = "the workers load it within 5 s"


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    list_display = ("number", "state", "bundled", "holdout", "mnist_test", "parent", "created_at", "promoted_at")
    list_filter = ("status", "shadowing", "bundled")
    actions = ("promote",)
    change_form_template = "predictor/training/version.html"

    @admin.display(description="version", ordering="pk")
    def number(self, version: ModelVersion) -> str:
        return str(version.pk)

    @admin.display(description="status", ordering="status")
    def state(self, version: ModelVersion) -> str:
        return f"{version.get_status_display()}{', in the shadow' if version.shadowing else ''}"

    @admin.display(description="held-out MNIST")
    def holdout(self, version: ModelVersion) -> str:
        return accuracy(version.metrics.get("holdout"))

    @admin.display(description="MNIST test (reported only)")
    def mnist_test(self, version: ModelVersion) -> str:
        return accuracy(version.metrics.get("MNIST test") or version.metrics.get("mnist_test_served"))

    @admin.action(description="Promote to champion", permissions=["promote"])
    def promote(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        if len(queryset) != 1:
            self.message_user(request, "Choose one version to promote.", messages.ERROR)
            return
        self._do(request, lambda: registry.promote(version=queryset[0]), f"{queryset[0]} is the champion; {LOADED}.")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("rollback/", view(require_POST(self.roll_back)), name="predictor_modelversion_rollback"),
            path("<int:pk>/promote/", view(require_POST(self.promote_one)), name="predictor_modelversion_promote"),
            path("<int:pk>/shadow/", view(require_POST(self.shadow)), name="predictor_modelversion_shadow"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self._tell_troubles(request)
        version = self.get_object(request, object_id)
        shown = _shown(version) if version else {}
        may = {"may_promote": self.has_promote_permission(request)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown, **may})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._tell_troubles(request)
        return super().changelist_view(request, extra_context)

    def promote_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = get_object_or_404(ModelVersion, pk=pk)
        self._do(request, lambda: registry.promote(version=version), f"{version} is the champion; {LOADED}.")
        return _back_to(pk)

    def roll_back(self, request: HttpRequest) -> HttpResponse:
        self._do(request, registry.rollback, f"The previous champion is the champion again; {LOADED}.")
        return _back_to(registry.champion_id())

    def shadow(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Puts a version in the shadow, or takes it out."""
        version = get_object_or_404(ModelVersion, pk=pk)
        if request.POST.get("off"):
            self._do(request, shadow.end, f"{version} is out of the shadow.")
            return _back_to(pk)
        try:
            share = float(request.POST.get("percent", "")) / 100
        except ValueError:
            share = 0.0
        done = f"{version} reads {percent(share, 1)} of the live drawings in the shadow."
        self._do(request, lambda: shadow.begin(version=version, share=share), done)
        return _back_to(pk)

    def has_promote_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictor.change_modelversion")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        deletable = obj is None or obj.status != VersionStatus.CHAMPION
        return deletable and super().has_delete_permission(request, obj)

    def _tell_troubles(self, request: HttpRequest) -> None:
        """Warns of workers that can't load the champion."""
        with suppress(redis.RedisError):
            for worker, trouble in queue.workers().troubles.items():
                self.message_user(request, f"{worker}: {trouble}", messages.WARNING)

    def _do(self, request: HttpRequest, act: Callable[[], object], done: str) -> None:
        """Acts, and tells the user what happened."""
        if not self.has_promote_permission(request):
            self.message_user(request, "You may not change which version is used.", messages.ERROR)
            return
        try:
            act()
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, done[0].upper() + done[1:])


def _shown(version: ModelVersion) -> dict[str, Any]:
    able = version.status in (VersionStatus.CANDIDATE, VersionStatus.RETIRED)
    comparison = shadow.compare(version)
    return {
        "version": version,
        "is_champion": version.status == VersionStatus.CHAMPION,
        "can_be_promoted": able,
        "before": registry.champion_before() if version.status == VersionStatus.CHAMPION else None,
        "runs": version.made_by.only("pk", "decision", "verdict", "promoted"),
        "percent": f"{100 * version.shadow_share:g}",
        "comparison": comparison,
        "agreed": percent(comparison.agreed / comparison.read, 1) if comparison.read else "–",
        "disagreements": comparison.differences[:DISAGREEMENTS],
        "compared": shadow.COMPARED,
        "rereading": Rereading.objects.filter(version=version).first(),
        "figures": _figures(version),
        "file": _file(version),
    }


def _figures(version: ModelVersion) -> list[tuple[str, str]]:
    """All metrics that are shares."""
    shares = {name.replace("_", " "): accuracy(found) for name, found in version.metrics.items()}
    return [(name[0].upper() + name[1:], share) for name, share in shares.items() if share != "–"]


def _file(version: ModelVersion) -> list[tuple[str, str]]:
    manifest = version.manifest
    return [
        ("Reader", _size(version.artifact)),
        ("Ink finder", _size(version.finder) if version.finder else "the bundled one"),
        ("SHA-256", f"{version.sha256[:16]}…"),
        ("Network", str(manifest.get("network", "–"))),
        ("Made by", str(manifest.get("command", "–"))),
        ("Keras", str(manifest.get("keras_version", "–"))),
        ("Format, preprocessing", f"{version.format_version}, {version.preprocessing_version}"),
        (
            "Temperature, sure threshold",
            f"{manifest.get('temperature', 0):.3f}, {percent(manifest.get('sure_threshold', 0), 1)}",
        ),
    ]


def _size(file: FieldFile) -> str:
    try:
        return f"{file.size / 2**20:.1f} MB"
    except FileNotFoundError:
        return "gone"
    except OSError as error:
        return str(error)


def _back_to(pk: int | None) -> HttpResponse:
    if pk is None:
        return HttpResponseRedirect(reverse("admin:predictor_modelversion_changelist"))
    return HttpResponseRedirect(reverse("admin:predictor_modelversion_change", args=[pk]))
