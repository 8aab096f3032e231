"""The owners of drawings, and how reliable their labels are."""

from collections.abc import Callable

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from predictor.admin.common import ReadOnly
from predictor.models import Owner
from predictor.review import trust


@admin.register(Owner)
class OwnerAdmin(ReadOnly):
    actions = ("exclude_owners", "readmit_owners")
    list_display = ("__str__", "side", "accepted", "rejected", "flagged_at", "excluded_at", "created_at")
    list_filter = (
        "side",
        ("flagged_at", admin.EmptyFieldListFilter),
        ("excluded_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("user",)
    search_fields = ("key__startswith", "user__username__exact")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Owner]:
        owners: QuerySet[Owner] = super().get_queryset(request)
        said = Q(drawings__labels__by="visitor")
        return owners.annotate(
            accepted=Count("drawings__labels", filter=said & Q(drawings__labels__state="accepted")),
            rejected=Count("drawings__labels", filter=said & Q(drawings__labels__state="rejected")),
        )

    @admin.display(description="labels accepted", ordering="accepted")
    def accepted(self, owner: Owner) -> int:
        return owner.accepted  # type: ignore[attr-defined, no-any-return]  # annotated above

    @admin.display(description="labels rejected", ordering="rejected")
    def rejected(self, owner: Owner) -> int:
        return owner.rejected  # type: ignore[attr-defined, no-any-return]  # annotated above

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
