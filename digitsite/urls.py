"""The URLs of the site's parts."""

from django.contrib import admin
from django.urls import include, path

from predictor.web import probes

admin.autodiscover()
handler500 = "predictor.web.middleware.answer_unhandled"
urlpatterns = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("admin/review/", include("predictor.admin.review_pages")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("predictor.api.urls")),
    path("", include("frontend.urls")),
]
