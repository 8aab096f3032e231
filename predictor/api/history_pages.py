"""The pages of a visitor's history, by cursor."""

import re

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from predictor.drawings import history
from predictor.errors import BadValue


class HistoryPages(CursorPagination):
    page_size = 30
    max_page_size = 100
    page_size_query_param = "limit"
    ordering = ("-created_at", "-id")

    def get_page_size(self, request: Request) -> int:
        """Raises BadValue for a limit that is no number above 0."""
        limit = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not re.fullmatch("[0-9]{1,4000}", limit) or not int(limit):
            message = _("The limit is a whole number above 0.")
            raise BadValue(message, fields={"limit": [message]})
        return min(int(limit), self.max_page_size)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Raises NotFound for a cursor that isn't ours."""
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not history.is_moment(str(cursor.position)):
            raise exceptions.NotFound(self.invalid_cursor_message)
        return cursor
