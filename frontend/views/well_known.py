"""What programs look for at fixed addresses: `robots.txt` (RFC 9309) and `security.txt` (RFC 9116)."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

NOT_FOR_ROBOTS = ("/accounts/", "/admin/", "/api/", "/drawings/", "/history/")
"""Not the shared drawings: a robot that reads their "noindex" leaves them out; one that may not, lists the link."""
VALID_DAYS = 180


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    rules = "".join(f"Disallow: {path}\n" for path in NOT_FOR_ROBOTS)
    return HttpResponse(f"User-agent: *\n{rules}", content_type="text/plain; charset=utf-8")


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Whom to tell about a weakness of the site. 404 if the settings name nobody."""
    if not settings.DIGITSITE_SECURITY_CONTACT:
        raise Http404
    until = (timezone.now() + timedelta(days=VALID_DAYS)).strftime("%Y-%m-%dT00:00:00Z")
    lines = [f"Contact: {settings.DIGITSITE_SECURITY_CONTACT}", f"Expires: {until}"]
    lines.append(f"Preferred-Languages: {', '.join(code for code, _ in settings.LANGUAGES)}")
    if settings.DIGITSITE_PUBLIC_URL:
        lines.append(f"Canonical: {settings.DIGITSITE_PUBLIC_URL}{request.path}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
