"""The static files, named by their content, the modules' imports of each other included."""

from django.templatetags.static import static
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

DRAWING_MODULES = (
    "actions",
    "api",
    "bars",
    "batch",
    "boxes",
    "camera",
    "colours",
    "consent",
    "content",
    "delivery",
    "desk",
    "download",
    "drop",
    "entry",
    "erasing",
    "glances",
    "ink",
    "keys",
    "labels",
    "order",
    "pace",
    "pad",
    "page",
    "paint",
    "patience",
    "pen",
    "pictures",
    "place",
    "pointer",
    "reader",
    "reading",
    "settings",
    "sheet",
    "sight",
    "strokes",
    "svg",
    "timeline",
    "tools",
    "upload",
)
"""What draw.js imports, and what that imports: the page asks for all at once, instead of one after another."""


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites `import … from "./other.js"` to the other's hashed name, so that a release is never half cached."""

    support_js_module_import_aggregation = True


def drawing_modules() -> list[str]:
    return [static(f"frontend/{name}.js") for name in DRAWING_MODULES]
