"""The reviewers' and the operator's pages: plain Django admin, one module for each thing it shows."""

from django.contrib import admin

from predictor.admin import datasets, drawings, owners, reviews, training, versions

__all__ = ["datasets", "drawings", "owners", "reviews", "training", "versions"]

admin.site.site_header = admin.site.site_title = "Digitsite"
admin.site.index_template = "predictor/admin_index.html"
admin.site.index_title = "Review, training, versions"
