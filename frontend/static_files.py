"""Static files named by a hash of their content, and the JavaScript modules that the drawing page preloads."""

from django.templatetags.static import static
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

DRAWING_MODULES = (
    "common/format",
    "common/page",
    "common/throttle",
    "controls/colour_sliders",
    "controls/downloads",
    "controls/keys",
    "controls/pen_settings",
    "controls/settings",
    "controls/tools",
    "feedback/consent",
    "feedback/labels",
    "feedback/send_queue",
    "pad/canvas",
    "pad/colours",
    "pad/eraser",
    "pad/frame",
    "pad/frame_tool",
    "pad/pad",
    "pad/pointer",
    "pad/read_back",
    "pad/sheet",
    "pad/strokes",
    "pad/svg",
    "page_state/commands",
    "page_state/drawing_page",
    "pictures/batch",
    "pictures/batch_entry",
    "pictures/camera",
    "pictures/drops",
    "pictures/picture_files",
    "pictures/pictures",
    "pictures/placement",
    "reading/api",
    "reading/bars",
    "reading/boxes",
    "reading/content",
    "reading/delivery",
    "reading/glances",
    "reading/ink",
    "reading/network_view",
    "reading/reader",
    "reading/reading_view",
    "reading/retry",
    "reading/timeline",
)
"""All direct and indirect imports of pages/draw.js. The page preloads them at once, not one level after another."""


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also rewrites `import … from "./other.js"` to the hashed name, so that a browser never mixes two releases."""

    support_js_module_import_aggregation = True


def drawing_modules() -> list[str]:
    return [static(f"frontend/{name}.js") for name in DRAWING_MODULES]
