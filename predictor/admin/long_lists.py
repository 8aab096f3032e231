"""Lists that are never counted or sorted as a whole: they take as long with a million rows as with a thousand."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from predictor.admin.common import ReadOnly

MOST_PAGES = 100
"""A filter finds what is further down: the database would read all rows before it."""


class LongChangeList(ChangeList):
    """Fetches the rows of a page and one more, which says whether there is another page.

    A filter or a search may set an order of its own, in which an index has what it finds.
    """

    has_more = False

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        own = list(queryset.query.order_by)
        if own and ORDER_VAR not in self.params:
            return own
        return super().get_ordering(request, queryset)

    def get_ordering_field(self, field_name: Any) -> Any:
        """None for a column without an index, also where an address names it."""
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None

    def get_results(self, request: HttpRequest) -> None:
        first = (self.page_num - 1) * self.list_per_page
        if not 1 <= self.page_num <= MOST_PAGES:
            raise IncorrectLookupParameters
        found = list(self.queryset[first : first + self.list_per_page + 1])
        if first and not found:
            raise IncorrectLookupParameters
        self.result_list = found[: self.list_per_page]
        self.has_more = len(found) > self.list_per_page
        # The page offers actions for its own rows only: nobody knows how many others there are.
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = self.can_show_all = False
        self.show_admin_actions = True
        self.multi_page = bool(first or self.has_more)
        known = first + len(self.result_list) + (self.has_more and self.page_num < MOST_PAGES)
        self.paginator = Paginator(range(known), self.list_per_page)

    @property
    def how_many(self) -> str:
        """How many rows there are, as far as is known."""
        shown = (self.page_num - 1) * self.list_per_page + self.result_count
        return f"more than {shown}" if self.has_more else str(shown)


class LongList(ReadOnly):
    """A list of rows of which there may be millions."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LongChangeList


class StaffFilter(admin.RelatedFieldListFilter):
    """Offers the users who may sign in to the admin: there may be many others."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        return list(field.get_choices(include_blank=False, limit_choices_to=Q(is_staff=True)))
