"""The history page: filters, downloads and deletes the visitor's own drawings."""

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from frontend import pagination, presentation
from frontend.filters import HistoryFilter
from frontend.views.shared import link
from predictor.drawings import data_export, intake, visitors


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    wanted = HistoryFilter(request.GET, visitors.history_of(request))
    page = pagination.older_than(wanted.qs, request.GET.get("before", ""))
    shown = {"filter": wanted, "page": page, "cards": [presentation.card(each) for each in page.drawings]}
    return render(request, "frontend/history.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_all(request: HttpRequest) -> HttpResponse:
    """GET asks for confirmation, POST deletes."""
    drawings = visitors.history_of(request)
    if request.method != "POST":
        return render(request, "frontend/delete_all.html", {"count": drawings.count()})
    count = intake.forget_all(drawings=drawings)
    said = ngettext("%(count)d drawing is deleted.", "All %(count)d drawings are deleted.", count)
    messages.success(request, said % {"count": count} if count else _("There was nothing to delete."))
    return redirect("frontend:history")


@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Everything that the site stores about the visitor and their drawings, as a ZIP."""
    visitors.limit(request, "exports", settings.DIGITSITE_EXPORTS)
    user = request.user if isinstance(request.user, User) else None
    owners = visitors.owners_of(request)
    content = data_export.of(visitors.history_of(request), owners, user, partial(link, request))
    name = f"digitsite-{timezone.localdate():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type="application/zip", headers=headers)
