"""Networks: which one reads, and the button that promotes another."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from predictor import registry
from predictor.admin.shared import ReadOnly, percentage
from predictor.errors import DomainError
from predictor.models import ModelVersion, VersionStatus


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    list_display = ("number", "status", "bundled", "holdout", "mnist_test", "parent", "created_at", "promoted_at")
    list_filter = ("status", "bundled")
    actions = ("promote",)

    @admin.display(description="version", ordering="pk")
    def number(self, version: ModelVersion) -> str:
        return str(version.pk)

    @admin.display(description="held-out MNIST")
    def holdout(self, version: ModelVersion) -> str:
        return percentage(version.metrics.get("holdout"))

    @admin.display(description="MNIST test (reported only)")
    def mnist_test(self, version: ModelVersion) -> str:
        return percentage(version.metrics.get("MNIST test") or version.metrics.get("mnist_test_served"))

    @admin.action(description="Promote to champion", permissions=["promote"])
    def promote(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        if len(queryset) != 1:
            self.message_user(request, "Choose one version to promote.", messages.ERROR)
            return
        try:
            registry.promote(version=queryset[0])
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, f"Version {queryset[0].pk} is the champion; the workers take it up within 5 s.")

    def has_promote_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictor.change_modelversion")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        deletable = obj is None or obj.status != VersionStatus.CHAMPION
        return deletable and super().has_delete_permission(request, obj)
