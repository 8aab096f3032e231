"""Snapshots of the training data: the list, a page for each, its samples, its downloads."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST

from predictor.admin import imports
from predictor.admin.common import ReadOnly
from predictor.admin.dataset_page import context_of
from predictor.datasets import sample_sheet, snapshots
from predictor.datasets.export.layout import Layout
from predictor.datasets.export.process import ZipProcess
from predictor.errors import DomainError
from predictor.models import Dataset, Side


@admin.register(Dataset)
class DatasetAdmin(ReadOnly):
    list_display = ("number", "train", "validation", "test", "added", "removed", "relabelled", "created_at")
    list_display_links = ("number",)
    change_list_template = "predictor/datasets.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dataset]:
        found: QuerySet[Dataset] = super().get_queryset(request).filter(sealed=True)
        return found

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a network was trained on stays on record."""
        return False

    @admin.display(description="dataset", ordering="pk")
    def number(self, dataset: Dataset) -> str:
        return str(dataset.pk)

    @admin.display
    def train(self, dataset: Dataset) -> int:
        return snapshots.size(dataset, Side.TRAIN)

    @admin.display
    def validation(self, dataset: Dataset) -> int:
        return snapshots.size(dataset, Side.VALIDATION)

    @admin.display
    def test(self, dataset: Dataset) -> int:
        return snapshots.size(dataset, Side.TEST)

    @admin.display(description="added")
    def added(self, dataset: Dataset) -> str:
        return self._difference(dataset, "added")

    @admin.display(description="removed")
    def removed(self, dataset: Dataset) -> str:
        return self._difference(dataset, "removed")

    @admin.display(description="relabelled")
    def relabelled(self, dataset: Dataset) -> str:
        return self._difference(dataset, "relabelled")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        mine = [
            path("make/", wrap(require_POST(self.make)), name="predictor_dataset_make"),
            path("import/", wrap(imports.page), name="predictor_dataset_import"),
            path("<int:number>/sheet/<str:side>/", wrap(require_GET(self.sheet)), name="predictor_dataset_sheet"),
            path("<int:number>/download/", wrap(require_GET(self.download)), name="predictor_dataset_download"),
        ]
        return [*mine, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of a snapshot."""
        dataset = self._found(request, object_id)
        if "verify" in request.GET:
            if snapshots.is_intact(dataset):
                self.message_user(request, "The hash matches the contents.")
            else:
                self.message_user(request, "The hash does not match the contents.", messages.ERROR)
        context = {**self.admin_site.each_context(request), **context_of(dataset), "opts": self.opts}
        return TemplateResponse(request, "predictor/dataset.html", context)

    def make(self, request: HttpRequest) -> HttpResponse:
        """The button "Make a snapshot"."""
        if not request.user.has_perm("predictor.add_dataset"):
            self.message_user(request, "You may not make a snapshot.", messages.ERROR)
            return redirect("admin:predictor_dataset_changelist")
        newest = Dataset.objects.filter(sealed=True).first()
        try:
            dataset = snapshots.snapshot()
        except DomainError as error:
            self.message_user(request, error.message, messages.WARNING)
            return redirect("admin:predictor_dataset_changelist")
        new = newest is None or dataset.pk > newest.pk
        self.message_user(
            request, f"Dataset {dataset.pk} is made." if new else f"Nothing has changed since dataset {dataset.pk}."
        )
        return redirect("admin:predictor_dataset_change", dataset.pk)

    def sheet(self, request: HttpRequest, number: int, side: str) -> HttpResponse:
        """The sample sheet of one side."""
        if side not in Side.values:
            raise Http404
        content = sample_sheet.picture(self._found(request, number), side)
        return HttpResponse(content, content_type="image/webp")

    def download(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """A snapshot as a ZIP in the chosen format, written while it is sent."""
        dataset = self._found(request, number)
        layout = Layout(format=request.GET.get("format", "png"), originals="originals" in request.GET)
        try:
            layout.check()
            content = ZipProcess(dataset, layout)
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
            return redirect("admin:predictor_dataset_change", dataset.pk)
        headers = {"Content-Disposition": f'attachment; filename="{layout.name(dataset)}.zip"'}
        return StreamingHttpResponse(content, content_type="application/zip", headers=headers)

    def _found(self, request: HttpRequest, number: object) -> Dataset:
        """Raises PermissionDenied, or Http404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        dataset: Dataset | None = self.get_object(request, str(number))
        if dataset is None:
            raise Http404
        return dataset

    @staticmethod
    def _difference(dataset: Dataset, what: str) -> str:
        difference = dataset.manifest.get("difference")
        return str(difference[what]) if difference else "–"
