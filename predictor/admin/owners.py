"""Who draws."""

from django.contrib import admin

from predictor.admin.shared import ReadOnly
from predictor.models import Owner


@admin.register(Owner)
class OwnerAdmin(ReadOnly):
    list_display = ("__str__", "side", "created_at")
    list_filter = ("side",)
