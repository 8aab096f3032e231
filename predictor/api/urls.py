from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from predictor.api import docs, views

app_name = "api"
urlpatterns = [
    path("drawings/", views.Drawings.as_view(), name="drawings"),
    path("drawings/<uuid:drawing_id>/", views.OneDrawing.as_view(), name="drawing"),
    path("drawings/<uuid:drawing_id>/label/", views.DrawingLabel.as_view(), name="label"),
    path("drawings/<uuid:drawing_id>/image/", views.DrawingImage.as_view(), name="image"),
    path("drawings/<uuid:drawing_id>/strokes/", views.DrawingStrokes.as_view(), name="strokes"),
    path("drawings/<uuid:drawing_id>/explanation/", views.DrawingExplanation.as_view(), name="explanation"),
    path("glances/", views.Glances.as_view(), name="glances"),
    path("consent/", views.Consent.as_view(), name="consent"),
    path("models/", views.Models.as_view(), name="models"),
    path("models/champion/", views.Champion.as_view(), name="champion"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs.Docs.as_view(), name="docs"),
]
