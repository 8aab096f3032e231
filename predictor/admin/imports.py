"""The page on which labelled pictures are brought in."""

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from predictor.admin.shared import reviewer
from predictor.datasets.importing import Outcome, import_set
from predictor.errors import DomainError

ENDINGS = (".zip", ".npz", ".parquet", ".jsonl", ".ndjson")


class ImportForm(forms.Form):
    file = forms.FileField(
        help_text=(
            "A ZIP of pictures with a CSV (file,label[,writer][,side]) or in a folder per label, or of IDX files; "
            "an NPZ; Parquet; JSON lines of strokes."
        )
    )
    owner = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Whose drawings these are. The same file again under the same name changes nothing.",
    )
    accept = forms.BooleanField(
        required=False,
        label="Labels are right, and may be learned from",
        help_text="Otherwise they wait for review, as visitors' labels do.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        most = settings.DATASETS["upload_bytes"]
        if (file.size or 0) > most:
            raise forms.ValidationError(
                f"The file has {(file.size or 0) / 2**20:.0f} MB; here at most {most // 2**20} MB are taken."
                " Use manage.py import_drawings, or send it in parts."
            )
        if Path(file.name or "").suffix.lower() not in ENDINGS:
            raise forms.ValidationError(f"Send one file that ends in {', '.join(ENDINGS)}.")
        return file


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Takes a file and imports what can be, at once; says what came in and which rows were left out."""
    if not request.user.has_perms(["predictor.add_drawing", "predictor.change_label"]):
        raise PermissionDenied
    form = ImportForm(request.POST or None, request.FILES or None)
    outcome: Outcome | None = None
    if form.is_valid():
        try:
            outcome = _imported(request, form.cleaned_data)
        except DomainError as error:
            form.add_error("file", error.message)
    context = {
        **admin.site.each_context(request),
        "title": "Import labelled pictures",
        "form": form,
        "outcome": outcome,
        "most": settings.DATASETS["upload_drawings"],
        "most_bytes": settings.DATASETS["upload_bytes"],
    }
    return TemplateResponse(request, "predictor/import.html", context)


def _imported(request: HttpRequest, sent: dict[str, Any]) -> Outcome:
    file = sent["file"]
    with tempfile.NamedTemporaryFile(suffix=Path(file.name or "").suffix.lower()) as kept:
        for chunk in file.chunks():
            kept.write(chunk)
        kept.flush()
        return import_set(
            Path(kept.name),
            owner=sent["owner"],
            accept=sent["accept"],
            reviewer=reviewer(request),
            most=int(settings.DATASETS["upload_drawings"]),
        )
