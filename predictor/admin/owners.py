"""The owners of drawings, and how reliable their labels are."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from predictor.admin.long_lists import LongChangeList, LongList
from predictor.models import Label, LabelAuthor, LabelState, Owner
from predictor.review import trust


class OwnerChangeList(LongChangeList):
    """Counts the labels of the owners on the page only."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        said = Label.objects.filter(drawing__owner__in=self.result_list, by=LabelAuthor.VISITOR).order_by()
        counts = said.values_list("drawing__owner", "state").annotate(count=Count("pk"))
        found = {(owner, state): count for owner, state, count in counts}
        for owner in self.result_list:
            owner.accepted = found.get((owner.pk, LabelState.ACCEPTED), 0)
            owner.rejected = found.get((owner.pk, LabelState.REJECTED), 0)


class StandingFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("flagged", "flagged"), ("excluded", "excluded")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Owner]) -> QuerySet[Owner]:
        if self.value() in {"flagged", "excluded"}:
            return queryset.filter(**{f"{self.value()}_at__isnull": False}).order_by(f"-{self.value()}_at")
        return queryset


@admin.register(Owner)
class OwnerAdmin(LongList):
    actions = ("exclude_owners", "readmit_owners")
    list_display = ("__str__", "side", "accepted", "rejected", "flagged_at", "excluded_at", "created_at")
    list_filter = ("side", StandingFilter)
    list_select_related = ("user",)
    search_fields = ("key",)  # shows the box; `get_search_results` searches
    search_help_text = "The name of a user, or how the key of a visitor begins"
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OwnerChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Owner], search_term: str
    ) -> tuple[QuerySet[Owner], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        users = queryset.filter(user__in=list(User.objects.filter(username=term)))
        if users.exists():
            return users, False
        # SQLite has no index for LIKE, and PostgreSQL's index for it is no index for comparisons in every locale.
        begins = {"key__gte": term, "key__lt": f"{term}\U0010ffff"} if connection.vendor == "sqlite" else {}
        return queryset.filter(key__startswith=term, **begins).order_by("key"), False

    @admin.display(description="labels accepted")
    def accepted(self, owner: Owner) -> int:
        return owner.accepted  # type: ignore[attr-defined, no-any-return]  # counted above

    @admin.display(description="labels rejected")
    def rejected(self, owner: Owner) -> int:
        return owner.rejected  # type: ignore[attr-defined, no-any-return]  # counted above

    @admin.action(description="Exclude, with all their drawings", permissions=["exclude"])
    def exclude_owners(self, request: HttpRequest, queryset: QuerySet[Owner]) -> None:
        self._for_each(request, queryset, trust.exclude, "excluded")

    @admin.action(description="Readmit, with all their drawings", permissions=["exclude"])
    def readmit_owners(self, request: HttpRequest, queryset: QuerySet[Owner]) -> None:
        self._for_each(request, queryset, trust.readmit, "readmitted")

    def has_exclude_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictor.change_owner")

    def _for_each(self, request: HttpRequest, owners: QuerySet[Owner], do: Callable[..., int], done: str) -> None:
        count = 0
        for owner in owners:
            changed = do(owner=owner)
            count += changed
            if changed:
                self.log_change(request, owner, f"{done.capitalize()}.")
        self.message_user(request, f"{count} {done}.")
