"""The page that imports labelled pictures."""

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

from predictor.admin.common import reviewer
from predictor.datasets.importing import ImportResult, import_set
from predictor.errors import DomainError

ENDINGS = (".zip", ".npz", ".parquet", ".jsonl", ".ndjson")
UNPACKED_TIMES = 8
"""An uploaded file's arrays may unpack to this many times as much as an upload may have. MNIST's do to 5 times."""

STEM_LIMIT = 60
"""Characters of an uploaded file's name that are kept. A file system takes 255 bytes, and a character has up to 4."""


class ImportForm(forms.Form):
    file = forms.FileField(
        help_text=(
            "A ZIP of pictures with a CSV (file,label[,writer][,side]), of a folder for each label, of a CSV of "
            "pixels, or of IDX files; an NPZ file; a Parquet file; JSON lines of strokes."
        )
    )
    owner = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Whose drawings these are. Importing the same file again for the same owner changes nothing.",
    )
    accept = forms.BooleanField(
        required=False,
        label="The labels are correct, and the site may learn from them",
        help_text="Otherwise they wait for review like visitors' labels.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        most = settings.DATASETS.upload_bytes
        if (file.size or 0) > most:
            raise forms.ValidationError(
                f"The file has {(file.size or 0) / 2**20:.0f} MB. This page takes at most {most // 2**20} MB:"
                " use manage.py import_drawings, or send the file in parts."
            )
        if Path(file.name or "").suffix.lower() not in ENDINGS:
            raise forms.ValidationError(f"Send a file that ends in {', '.join(ENDINGS)}.")
        return file


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Imports a file at once, and shows which rows were left out."""
    if not request.user.has_perms(["predictor.add_drawing", "predictor.change_label"]):
        raise PermissionDenied
    form = ImportForm(request.POST or None, request.FILES or None)
    result: ImportResult | None = None
    if form.is_valid():
        try:
            result = _imported(request, form.cleaned_data)
        except DomainError as error:
            form.add_error("file", error.message)
    context = {
        **admin.site.each_context(request),
        "title": "Import labelled pictures",
        "form": form,
        "result": result,
        "most": settings.DATASETS.upload_drawings,
        "most_bytes": settings.DATASETS.upload_bytes,
    }
    return TemplateResponse(request, "predictor/import.html", context)


def _imported(request: HttpRequest, sent: dict[str, Any]) -> ImportResult:
    file = sent["file"]
    with tempfile.TemporaryDirectory() as folder:
        # Under its own name: errors name it, and it may tell the side, or EMNIST.
        name = Path(file.name)
        path = Path(folder) / f"{name.stem[:STEM_LIMIT]}{name.suffix}"
        with path.open("wb") as kept:
            for chunk in file.chunks():
                kept.write(chunk)
        return import_set(
            path,
            owner=sent["owner"],
            accept=sent["accept"],
            reviewer=reviewer(request),
            most=settings.DATASETS.upload_drawings,
            unpacked_limit=UNPACKED_TIMES * settings.DATASETS.upload_bytes,
        )
