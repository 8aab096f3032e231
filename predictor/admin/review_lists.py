"""The review queue and the log of reviewers' actions, as lists."""

import functools
import operator
import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from predictor.admin.common import image, part_url, reviewer
from predictor.admin.long_lists import LongList, StaffFilter
from predictor.errors import DomainError
from predictor.models import ReviewAction, ReviewItem
from predictor.review import action_log as review_actions


class Permanent(LongList):
    """Rows that nobody deletes by hand; they are deleted with their drawing."""

    searched: tuple[str, ...] = ()
    """Columns that hold the id that is searched for. Django's own search compares it as a text, without an index."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            wanted = uuid.UUID(term)
        except ValueError:
            return queryset.none(), False
        return queryset.filter(functools.reduce(operator.or_, (Q(**{name: wanted}) for name in self.searched))), False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("closed", "closed"), ("all", "all")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        if self.value() == "all":
            return queryset.order_by("pk")
        if self.value() == "closed":
            return queryset.filter(closed_at__isnull=False).order_by("-closed_at")
        return queryset.filter(closed_at=None)

    def choices(self, changelist: Any) -> Any:
        first, *rest = super().choices(changelist)
        return [{**first, "display": "open"}, *rest]


class ReasonFilter(admin.ChoicesFieldListFilter):
    """Orders the drawings by score: an index has those of one reason so."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        found: Any = super().queryset(request, queryset)
        return found.order_by("-score") if self.lookup_val else found


@admin.register(ReviewItem)
class ReviewItemAdmin(Permanent):
    """For operators only: it shows which drawings wait for a second opinion."""

    list_display = ("picture", "read_as", "reason", "detail", "why", "score", "claimed_by", "free_at", "closed_at")
    list_filter = (OpenFilter, ("reason", ReasonFilter), "read_as", ("claimed_by", StaffFilter))
    list_select_related = ("claimed_by",)
    ordering = ("read_as", "reason", "detail", "-score")
    search_fields = searched = ("drawing",)
    search_help_text = "The id of a drawing"
    sortable_by = ()
    fields = readonly_fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewItem]:
        return super().get_queryset(request).defer("bits")

    @admin.display(description="drawing")
    def picture(self, item: ReviewItem) -> SafeString:
        return image(part_url(item.pk), 56, f"drawing {item.pk}")

    @admin.display(description="all reasons")
    def why(self, item: ReviewItem) -> str:
        return ", ".join(item.reasons)


class UndoneFilter(admin.SimpleListFilter):
    title = "undone"
    parameter_name = "undone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "no"), ("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewAction]) -> QuerySet[ReviewAction]:
        return queryset.filter(undone_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(ReviewAction)
class ReviewActionAdmin(Permanent):
    """Everything that reviewers did. They read this list too, so it hides which drawings had a known answer."""

    actions = ("undo",)
    list_display = ("number", "picture", "reviewer", "did", "read", "said", "created_at", "undone")
    list_display_links = ("number",)
    list_filter = (UndoneFilter, "what", ("reviewer", StaffFilter), "created_at")
    list_select_related = ("reviewer", "undone_by")
    search_fields = searched = ("drawing", "batch")
    search_help_text = "The id of a drawing, or of answers sent together"
    sortable_by = ("number",)
    fields = readonly_fields = (
        *("picture", "drawing_link", "reviewer", "did", "read", "said", "reason", "read_as", "reasons"),
        *("changes", "batch", "created_at", "undone_at", "undone_by"),
    )

    @admin.display(description="action", ordering="pk")
    def number(self, action: ReviewAction) -> str:
        return str(action.pk)

    @admin.display(description="picture")
    def picture(self, action: ReviewAction) -> SafeString:
        return image(part_url(action.drawing_id), 56, f"drawing {action.drawing_id}")

    @admin.display(description="drawing")
    def drawing_link(self, action: ReviewAction) -> SafeString:
        where = reverse("admin:predictor_drawing_change", args=[action.drawing_id])
        return format_html('<a href="{}">{}</a>', where, action.drawing_id)

    @admin.display(description="what was done")
    def did(self, action: ReviewAction) -> str:
        return str(action)

    @admin.display(description="undone")
    def undone(self, action: ReviewAction) -> str:
        return f"by {action.undone_by}" if action.undone_at else "–"

    @admin.action(description="Undo", permissions=["review"])
    def undo(self, request: HttpRequest, queryset: QuerySet[ReviewAction]) -> None:
        done = 0
        for action in queryset.order_by("-pk"):
            try:
                review_actions.undo(action=action, by=reviewer(request))
                done += 1
            except DomainError as error:
                self.message_user(request, f"Action {action.pk}: {error.message}", messages.ERROR)
        self.message_user(request, f"{done} undone.")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictor.change_label")
