"""The browsable documentation of the API."""

from csp.decorators import csp_update
from django.conf import settings
from django.utils.decorators import method_decorator
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularSwaggerSplitView


@method_decorator(csp_update({"style-src": ["'self'", "'unsafe-inline'"]}), name="dispatch")
class Docs(SpectacularSwaggerSplitView):
    """Swagger UI. It needs inline styles; its script is one of our own files."""

    # For everybody, and only to be looked at: it has no page for a refusal.
    authentication_classes = ()
    http_method_names = ("get", "head")
    url_name = "api:schema"
    url_self = None


class VisitorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the visitor's cookie in the documentation: who has none gets one."""

    target_class = "predictor.drawings.visitors.VisitorAuthentication"
    name = "visitor"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002  theirs
        about = "Set by the first answer. Calls that change something need X-CSRFToken with it."
        return {"type": "apiKey", "in": "cookie", "name": settings.VISITOR_COOKIE, "description": about}

    def get_security_requirement(self, auto_schema: object) -> list[dict[str, list[str]]]:  # noqa: ARG002  theirs
        return [{self.name: []}, {}]
