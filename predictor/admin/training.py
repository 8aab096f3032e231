"""Training runs, and the button that starts one."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from predictor import registry, retraining
from predictor.admin.shared import ReadOnly
from predictor.errors import DomainError
from predictor.models import TrainingRun


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnly):
    list_display = ("number", "status", "stage", "percent", "dataset", "candidate", "promoted", "verdict", "created_at")
    list_filter = ("status", "promoted")
    change_list_template = "predictor/training_runs.html"

    @admin.display(description="training", ordering="pk")
    def number(self, run: TrainingRun) -> str:
        return str(run.pk)

    @admin.display(description="progress")
    def percent(self, run: TrainingRun) -> str:
        return f"{100 * run.progress:.0f}%"

    def get_urls(self) -> list[URLPattern]:
        start = self.admin_site.admin_view(require_POST(self.start))
        return [path("start/", start, name="predictor_trainingrun_start"), *super().get_urls()]

    def start(self, request: HttpRequest) -> HttpResponse:
        """The button "Retrain now": a run for the train worker."""
        if not request.user.has_perm("predictor.add_trainingrun"):
            self.message_user(request, "You may not start a training.", messages.ERROR)
        else:
            try:
                run = retraining.enqueue(retraining.Config())
                self.message_user(request, f"Training {run.pk} is queued; reload to see how far it is.")
            except (DomainError, registry.NoChampion) as error:
                self.message_user(request, str(error), messages.WARNING)
        return HttpResponseRedirect(reverse("admin:predictor_trainingrun_changelist"))
