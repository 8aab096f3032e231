"""The list of drawings, with actions to accept, reject and replace labels."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from predictor import percentages
from predictor.admin import drawing_filters
from predictor.admin.common import image, part_url, reviewer
from predictor.admin.long_lists import LongList
from predictor.drawings import duplicates, intake
from predictor.drawings.history import for_showing
from predictor.errors import DomainError
from predictor.models import Drawing, Label, LabelState, PredictionStatus
from predictor.review import labels as review_labels


class RelabelForm(ActionForm):
    """The text for "Relabel". An empty box is an error; "none" means "not a digit"."""

    text = forms.CharField(required=False, max_length=32, label="Right answer, or “none”:")


class LabelInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Label
    fields = readonly_fields = ("text", "by", "user", "state", "revision", "created_at", "decided_by", "decided_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Drawing)
class DrawingAdmin(LongList):
    """Drawings with their readings and labels."""

    action_form = RelabelForm
    actions = ("accept", "relabel", "reject")
    list_display = ("thumbnail", "reading", "confidence", "label", "state", "owner", "source", "created_at")
    list_display_links = ("thumbnail", "reading")
    list_filter = (
        *(drawing_filters.LabelStateFilter, drawing_filters.SureFilter),
        *("mode", "source", "consent", "created_at"),
    )
    list_select_related = ()  # fetched for the page's drawings, so that the list itself is a walk along one index
    search_fields = ("id",)  # shows the box; `get_search_results` searches
    search_help_text = "An id, digits that were read, or the name of a user"
    sortable_by = ()
    inlines = (LabelInline,)
    fields = readonly_fields = (
        *("picture", "network_saw", "reading", "confidence", "label", "state"),
        *("owner", "consent", "mode", "source", "revision", "created_at", "near_duplicates"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drawing]:
        return for_showing(super().get_queryset(request)).prefetch_related("owner__user")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Drawing], search_term: str
    ) -> tuple[QuerySet[Drawing], bool]:
        term = search_term.strip()
        return drawing_filters.search(queryset, term) if term else queryset, False

    @admin.display(description="drawing")
    def thumbnail(self, drawing: Drawing) -> SafeString:
        return image(part_url(drawing.pk), 72, f"drawing {drawing.pk}")

    @admin.display(description="drawing")
    def picture(self, drawing: Drawing) -> SafeString:
        return image(part_url(drawing.pk), 300, f"drawing {drawing.pk}")

    @admin.display(description="what the network saw")
    def network_saw(self, drawing: Drawing) -> SafeString | str:
        prediction = drawing.latest_prediction
        if prediction is None or not prediction.glyphs:
            return "nothing"
        return SafeString(" ".join(image(glyph["pixels"], 112, "glyph") for glyph in prediction.glyphs))

    @admin.display(description="read as")
    def reading(self, drawing: Drawing) -> str:
        prediction = drawing.live_prediction
        if prediction is None or prediction.status != PredictionStatus.DONE:
            return prediction.status if prediction else "–"
        return f"{prediction.text or 'nothing'}{'' if prediction.sure else ' (not sure)'}"

    @admin.display(description="confidence")
    def confidence(self, drawing: Drawing) -> str:
        prediction = drawing.latest_prediction
        return percentages.confidence(prediction.confidence if prediction else None) or "–"

    @admin.display(description="label")
    def label(self, drawing: Drawing) -> str:
        label = drawing.shown_label
        return (label.text or "not a digit") if label else "–"

    @admin.display(description="state")
    def state(self, drawing: Drawing) -> str:
        label = drawing.shown_label
        return f"{label.get_state_display()} ({label.by})" if label else "–"

    @admin.display(description="near-duplicates")
    def near_duplicates(self, drawing: Drawing) -> SafeString | str:
        """Near-duplicates with the same label share the weight of one drawing in a dataset."""
        found = [
            format_html(
                '<a href="{}">{}</a>',
                reverse("admin:predictor_drawing_change", args=[other.pk]),
                image(part_url(other.pk), 72, f"drawing {other.pk}"),
            )
            for other in duplicates.duplicates_of(drawing)
        ]
        return SafeString(" ".join(found)) or "none"

    @admin.action(description="Accept the visitor's label", permissions=["review"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> None:
        self._for_each_proposal(request, queryset, review_labels.accept_label, "accepted")

    @admin.action(description="Reject the visitor's label", permissions=["review"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> None:
        self._for_each_proposal(request, queryset, review_labels.reject_label, "rejected")

    @admin.action(description="Relabel with the right answer", permissions=["review"])
    def relabel(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> None:
        answer = request.POST.get("text", "").strip().lower()
        if not answer:
            self.message_user(request, "Type the right answer first, or “none” for not a digit.", messages.ERROR)
            return
        text = "" if answer == "none" else answer
        done = 0
        for drawing in queryset:
            try:
                review_labels.relabel(drawing=drawing, text=text, reviewer=reviewer(request))
                done += 1
            except DomainError as error:
                self.message_user(request, f"{drawing}: {error.message}", messages.ERROR)
        self.message_user(request, f"{done} relabelled.")

    def delete_model(self, request: HttpRequest, obj: Drawing) -> None:
        intake.forget(drawing=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> None:
        for drawing in queryset:
            intake.forget(drawing=drawing)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Rows that belong to a drawing are deleted with it, even those that nobody may delete alone."""
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictor.change_label")

    def _for_each_proposal(self, request: HttpRequest, queryset: QuerySet[Drawing], decide: Any, done: str) -> None:
        count = 0
        for drawing in queryset:
            # Take the open proposal, even if an older accepted label is shown.
            said = [label for label in drawing.labels.all() if label.state == LabelState.PROPOSED]
            label = said[0] if said else drawing.shown_label
            if label is None:
                continue
            try:
                decide(label=label, reviewer=reviewer(request))
                count += 1
            except DomainError as error:
                self.message_user(request, f"{drawing}: {error.message}", messages.ERROR)
        left = len(queryset) - count
        self.message_user(request, f"{count} {done}." + (f" {left} had no label." if left else ""))
