"""The reviewers' and the operator's pages: plain Django admin, one module for each thing it shows."""

from django.contrib import admin

from predictor.admin import datasets, drawings, owners, review_lists, training, versions

__all__ = ["datasets", "drawings", "owners", "review_lists", "training", "versions"]

admin.site.site_header = admin.site.site_title = "Digitsite"
admin.site.index_template = "predictor/admin_index.html"
admin.site.index_title = "Review, training, versions"
# An action sends a field for each ticked row. A full page of any list must stay below DATA_UPLOAD_MAX_NUMBER_FIELDS.
admin.ModelAdmin.list_per_page = admin.ModelAdmin.list_max_show_all = 50
