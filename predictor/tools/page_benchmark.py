"""Measures the CPU time of each page and list: `manage.py bench --pages`. Compare a small site with a large one.

It writes nothing that stays: all requests are made in a transaction that is rolled back.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.core.signing import get_cookie_signer
from django.db import connection, transaction
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ml.progress import Print
from predictor import errors
from predictor.drawings import visitors
from predictor.models import Drawing, ModelVersion, Owner, ReviewItem

ROUNDS = 7
LONGEST = 10.0
"""Seconds after which no further round of a page is made."""
HISTORY = 25
"""Drawings of the visitor whose pages are measured: their history should be equally long on each site."""
NO_HIT = "99999"
SHARED = "bench"
ADMIN = "/admin/predictor/"


class _Page(NamedTuple):
    path: str
    query: dict[str, str]
    client: Client
    sent: bool = False

    @property
    def address(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


def run(*, say: Print) -> None:
    """Prints each page's number of queries and the median of its CPU time, the database server's included if it runs
    on this machine. Raises Conflict if the site has no drawings.
    """
    if not Drawing.objects.exists():
        raise errors.Conflict("This site has no drawings. Make some with `manage.py populate`.")
    with transaction.atomic():
        _one_process_per_query()
        say(f"{'CPU milliseconds, median':<72}{'ms':>9}{'queries':>9}")
        for page in _pages():
            taken, queries = _measure(page)
            say(f"{page.address[:71]:<72}{1000 * taken:>9.1f}{queries:>9}")
        transaction.set_rollback(True)


def _pages() -> Iterator[_Page]:
    owner = _owner()
    visitor = Client(headers={"host": "localhost"})
    name = settings.VISITOR_COOKIE
    visitor.cookies[name] = get_cookie_signer(salt=name + visitors.SALT).sign(owner.key)
    drawing = Drawing.objects.filter(owner=owner, share_token=None).defer("image", "strokes")[0]
    Drawing.objects.filter(pk=drawing.pk).update(share_token=SHARED)
    for path, query in _pages_of_a_visitor(drawing):
        yield _Page(path, query, visitor)
    operator = Client(headers={"host": "localhost"})
    operator.force_login(User.objects.create_superuser("page-benchmark"))
    for path, query in _pages_of_an_operator(drawing):
        yield _Page(path, query, operator)
    for query in ({"count": "8"}, {"count": "50", "reading": "7"}):
        yield _Page("/admin/review/next/", query, operator, sent=True)


def _owner() -> Owner:
    """The visitor whose history is most nearly of the length `HISTORY`."""
    counts = Drawing.objects.order_by().values_list("owner").annotate(count=Count("pk"))
    owner_id, _ = min(counts.filter(owner__user=None), key=lambda found: (abs(found[1] - HISTORY), found[0]))
    return Owner.objects.get(pk=owner_id)


def _pages_of_a_visitor(drawing: Drawing) -> Iterator[tuple[str, dict[str, str]]]:
    filters = [{}, {"text": NO_HIT}, {"text": "7"}, {"digit": "7"}, {"label": "7"}, {"from": "2026-01-01"}]
    filters += [{"wrong": "true"}, {"wrong": "false"}, {"unsure": "true"}]
    older = {"before": f"{drawing.created_at.isoformat()}_{drawing.pk}"}
    api, page = f"/api/v1/drawings/{drawing.pk}/", f"/drawings/{drawing.pk}/"
    for path in ("/", "/privacy/", "/about/", "/history/delete/", f"/shared/{SHARED}/", page):
        yield path, {}
    for query in (*filters, older):
        yield "/history/", query
    for query in filters:
        yield "/api/v1/drawings/", query
    for path in (api, f"{api}image/", f"{api}strokes/", "/api/v1/consent/", "/api/v1/models/"):
        yield path, {}


def _pages_of_an_operator(drawing: Drawing) -> Iterator[tuple[str, dict[str, str]]]:
    by_day = {"created_at__gte": f"{drawing.created_at:%Y-%m-%d} 00:00:00+00:00"}
    drawings: list[dict[str, str]] = [{}, {"p": "2"}, {"q": str(drawing.pk)}, {"q": "7"}, {"q": NO_HIT}, {"q": "ada"}]
    drawings += [{"label": state} for state in ("proposed", "disagrees", "accepted", "rejected", "none")]
    drawings += [{"sure": answer} for answer in ("yes", "no", "waiting")]
    drawings += [{"mode__exact": "number"}, {"source__exact": "upload"}, {"source__exact": "camera"}]
    drawings += [{"consent__exact": "1"}, by_day, {"label": "disagrees", "sure": "no", "q": "7"}]
    owners: list[dict[str, str]] = [{}, {"p": "2"}, {"q": drawing.owner.key[:14]}, {"q": "nobody"}]
    owners += [{"side__exact": "test"}, {"standing": "flagged"}, {"standing": "excluded"}]
    items: list[dict[str, str]] = [{}, {"p": "2"}, {"state": "closed"}, {"state": "all"}, {"reason__exact": "audit"}]
    items += [{"read_as__exact": "7"}, *({"q": str(item.pk)} for item in ReviewItem.objects.filter(closed_at=None)[:1])]
    actions: list[dict[str, str]] = [{}, {"undone": "yes"}, {"what__exact": "rejected"}, {"q": str(drawing.pk)}]
    lists = {"drawing": drawings, "owner": owners, "reviewitem": items, "reviewaction": actions}
    lists |= {"modelversion": [{}], "dataset": [{}], "trainingrun": [{}]}
    yield "/admin/", {}
    for name, queries in lists.items():
        for query in queries:
            yield f"{ADMIN}{name}/", query
    yield f"{ADMIN}drawing/{drawing.pk}/change/", {}
    yield f"{ADMIN}owner/{drawing.owner_id}/change/", {}
    for version in ModelVersion.objects.order_by("pk"):
        yield f"{ADMIN}modelversion/{version.pk}/change/", {}
    for path in ("", "grid/", "agreement/"):
        yield f"/admin/review/{path}", {}


def _measure(page: _Page) -> tuple[float, int]:
    """The median of the CPU time in seconds, and the number of queries."""
    with CaptureQueriesContext(connection) as captured:
        _open(page)
    queries = len(captured)
    taken: list[float] = []
    began = time.monotonic()
    while len(taken) < ROUNDS and time.monotonic() - began < LONGEST:
        before = _used()
        _open(page)
        taken.append(_used() - before)
    return sorted(taken)[len(taken) // 2], queries


def _open(page: _Page) -> None:
    if page.sent:
        with transaction.atomic():  # what it claims must be there for the next round
            answer = page.client.post(page.path, page.query, content_type="application/json")
            transaction.set_rollback(True)
    else:
        answer = page.client.get(page.address)
    if answer.status_code not in {200, 302}:  # a small site has no second page
        raise errors.Unavailable(f"{page.address} answered {answer.status_code}.")
    b"".join(answer)


def _used() -> float:
    """Seconds of CPU time of this process and of the database server's process for this connection."""
    return time.process_time() + _servers()


def _servers() -> float:
    if connection.vendor == "sqlite":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        file = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return int(file.read_text().split()[0]) / 1e9 if file.exists() else 0.0


def _one_process_per_query() -> None:
    """PostgreSQL works on a query in one process, so that all of its time is measured."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
