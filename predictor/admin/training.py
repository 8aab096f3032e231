"""Training runs: their progress, the gate's verdict, and the buttons that start, cancel and decide."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from predictor.admin import evidence
from predictor.admin.common import ReadOnly, reviewer
from predictor.admin.outputs import RunProgressOutput
from predictor.errors import DomainError, body
from predictor.models import RunStatus, TrainingRun
from predictor.percentages import percent
from predictor.training import conclusion, progress, runs, scheduling
from predictor.training.config import Config
from predictor.versions import registry

HEAVY = ("curves", "evidence", "rules", "flips", "record")
"""Fields that the list doesn't load."""


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnly):
    list_display = ("number", "state", "summary", "candidate", "created_at")
    list_filter = ("status", "decision", "promoted")
    list_select_related = ("candidate",)
    change_list_template = "predictor/training/list.html"
    change_form_template = "predictor/training/run.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingRun]:
        found: QuerySet[TrainingRun] = super().get_queryset(request)
        address = request.resolver_match
        return found.defer(*HEAVY) if address and address.view_name.endswith("_changelist") else found

    @admin.display(description="training", ordering="pk")
    def number(self, run: TrainingRun) -> str:
        return str(run.pk)

    @admin.display(description="state", ordering="status")
    def state(self, run: TrainingRun) -> str:
        if run.status == RunStatus.RUNNING:
            return f"{run.stage}, {percent(run.progress, 0)}"
        return evidence.state(run)["word"]

    @admin.display(description="verdict")
    def summary(self, run: TrainingRun) -> str:
        return Truncator(run.verdict or run.error).chars(110)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("start/", view(require_POST(self.start)), name="predictor_trainingrun_start"),
            path("<int:pk>/progress/", view(never_cache(self.progress)), name="predictor_trainingrun_progress"),
            path("<int:pk>/cancel/", view(require_POST(self.cancel)), name="predictor_trainingrun_cancel"),
            path("<int:pk>/decide/", view(require_POST(self.decide)), name="predictor_trainingrun_decide"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        shown = {"run": run, "live": progress.of(run), "epochs": _epochs(run), **evidence.of(run)} if run else {}
        may = {"may_cancel": self._may_start(request), "may_decide": self._may_decide(request)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown, **may})

    def progress(self, request: HttpRequest, pk: int) -> JsonResponse:
        """The JSON that the page asks for while the training runs."""
        if not self.has_view_permission(request):
            return JsonResponse(body("forbidden", "You may not see trainings."), status=403)
        run = get_object_or_404(TrainingRun.objects.defer("flips", "rules"), pk=pk)
        return JsonResponse(RunProgressOutput(progress.of(run)).data)

    def start(self, request: HttpRequest) -> HttpResponse:
        """The button "Retrain now": queues a run for the train worker."""
        if not self._may_start(request):
            self.message_user(request, "You may not start a training.", messages.ERROR)
        else:
            try:
                run = scheduling.enqueue(Config())
            except (DomainError, registry.NoChampion) as error:
                self.message_user(request, str(error), messages.WARNING)
            else:
                self.message_user(request, f"Training {run.pk} is queued.")
                return _back_to(run.pk)
        return HttpResponseRedirect(reverse("admin:predictor_trainingrun_changelist"))

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self._may_start(request):
            self.message_user(request, "You may not cancel a training.", messages.ERROR)
        elif runs.cancel(get_object_or_404(TrainingRun, pk=pk), by=reviewer(request).get_username()):
            self.message_user(request, f"Training {pk} is cancelled; its process ends within seconds.")
        else:
            self.message_user(request, f"Training {pk} has already ended.", messages.WARNING)
        return _back_to(pk)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Records a person's answer to the gate's question."""
        run = get_object_or_404(TrainingRun.objects.select_related("candidate"), pk=pk)
        promote = request.POST.get("answer") == "promote"
        if not self._may_decide(request):
            self.message_user(request, "You may not decide on a version.", messages.ERROR)
            return _back_to(pk)
        try:
            conclusion.decide(run=run, promote=promote, person=reviewer(request))
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            words = f"{run.candidate} is the champion; the workers load it within 5 s."
            self.message_user(request, words.capitalize() if promote else "The champion stays.")
        return _back_to(pk)

    def has_delete_permission(self, request: HttpRequest, obj: TrainingRun | None = None) -> bool:
        """A queued or running training must be cancelled first."""
        return (obj is None or obj.is_over) and super().has_delete_permission(request, obj)

    def _may_start(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictor.add_trainingrun")

    def _may_decide(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictor.change_modelversion")


def _epochs(run: TrainingRun) -> int:
    return Config(**run.config).effective_epochs()


def _back_to(pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:predictor_trainingrun_change", args=[pk]))
