"""The reviewers' and the operator's pages: plain Django admin, one module for each thing it shows."""

from django.contrib import admin

from predictor.admin import datasets, drawings, owners, review_lists, training, versions

__all__ = ["datasets", "drawings", "owners", "review_lists", "training", "versions"]

admin.site.site_header = admin.site.site_title = "Digitsite"
admin.site.index_template = "predictor/admin_index.html"
admin.site.index_title = "Review, training, versions"
# An action sends a field for each row that is ticked: of a full page, users' too, no more than
# DATA_UPLOAD_MAX_NUMBER_FIELDS allows.
admin.ModelAdmin.list_per_page = admin.ModelAdmin.list_max_show_all = 50
