"""Snapshots of what was learned from."""

from django.contrib import admin

from predictor.admin.shared import ReadOnly
from predictor.models import Dataset


@admin.register(Dataset)
class DatasetAdmin(ReadOnly):
    list_display = ("number", "train", "validation", "test", "sha256", "created_at")

    @admin.display(description="dataset", ordering="pk")
    def number(self, dataset: Dataset) -> str:
        return str(dataset.pk)

    @admin.display
    def train(self, dataset: Dataset) -> int:
        return sum(dataset.counts.get("train", {}).values())

    @admin.display
    def validation(self, dataset: Dataset) -> int:
        return sum(dataset.counts.get("validation", {}).values())

    @admin.display
    def test(self, dataset: Dataset) -> int:
        return sum(dataset.counts.get("test", {}).values())
