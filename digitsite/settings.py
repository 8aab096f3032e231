"""One settings module, driven by environment variables; docs/settings.md lists them all.

`SETTINGS` names every variable read here or by the commands, so that a test can hold the
documentation to it.
"""

import os
import re
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from digitsite import broker, environment
from digitsite.limits import AtLeast, AtMost

SETTINGS = (
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "DEBUG",
    "DIGITSITE_CACHE",
    "DIGITSITE_DATA",
    "DIGITSITE_ML_THREADS",
    "DIGITSITE_MNIST",
    "DIGITSITE_QUEUE_LIMIT",
    "DIGITSITE_THROTTLE",
    "DIGITSITE_TRUST_PROXY",
    "DIGITSITE_WAIT",
    "DIGITSITE_WEB_PROCESSES",
    "HOST",
    "HTTPS",
    "PORT",
    "REDIS_URL",
    "SECRET_KEY",
    "TIME_ZONE",
)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = environment.folder("DIGITSITE_DATA", BASE_DIR / "var")
try:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"DIGITSITE_DATA={str(DATA_DIR)!r}: {error.strerror}.") from error
CACHE_DIR = environment.folder("DIGITSITE_CACHE", DATA_DIR / "cache")


def _kept_secret_key(folder: Path) -> str:
    """The key made once for this data folder; two processes that start together get the same one."""
    file = folder / "secret_key"
    if not file.exists():
        part = folder / f"secret_key.{secrets.token_hex(8)}.part"
        part.touch(mode=0o600)
        part.write_text(secrets.token_urlsafe(50))
        with suppress(FileExistsError):
            os.link(part, file)
        part.unlink()
    key = file.read_text().strip()
    if len(key) < 40:
        raise ImproperlyConfigured(f"{file} is damaged: delete it (everyone is signed out), or set SECRET_KEY.")
    return key


def _throttle(value: str) -> tuple[int, int] | None:
    """'300/min' as (readings, seconds); '0' turns the limit off."""
    if value == "0":
        return None
    match = re.fullmatch(r"(\d+)/(s|sec|m|min|h|hour|d|day)", value)
    if not match or int(match[1]) == 0:
        raise ImproperlyConfigured(f"DIGITSITE_THROTTLE={value!r}: use a form like 300/min, or 0 to turn it off.")
    return int(match[1]), {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2][0]]


def _database(url: str) -> dict[str, Any]:
    try:
        return dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL: {error}") from error


def _redis(url: str) -> str:
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured("REDIS_URL: use redis-py's form, redis://host:6379/0 or unix:///path?db=0.")
    return url


def _time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, ZoneInfoNotFoundError) as error:
        raise ImproperlyConfigured(f"TIME_ZONE={name!r}: use a name like Europe/Berlin.") from error


HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.number("PORT", 8000, minimum=1, maximum=65535)
HTTPS = environment.boolean("HTTPS", default=False)
DEBUG = environment.boolean("DEBUG", default=False)
SECRET_KEY = environment.text("SECRET_KEY") or _kept_secret_key(DATA_DIR)
# A site for a house or a school is reached by many names; "*" leaves the choice to the operator.
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", ["*"])

# What the API does
DIGITSITE_WAIT = environment.number("DIGITSITE_WAIT", 3.0, minimum=0.0, maximum=60.0)
DIGITSITE_THROTTLE = _throttle(environment.text("DIGITSITE_THROTTLE", "300/min"))
DIGITSITE_QUEUE_LIMIT = environment.number("DIGITSITE_QUEUE_LIMIT", 10_000, minimum=1, maximum=10_000_000)
DIGITSITE_TRUST_PROXY = environment.boolean("DIGITSITE_TRUST_PROXY", default=False)
DIGITSITE_WEB_PROCESSES = environment.number("DIGITSITE_WEB_PROCESSES", 2, minimum=1, maximum=64)
# Read by ml, which knows no Django; checked here, so that a bad value stops the start.
DIGITSITE_ML_THREADS = environment.number("DIGITSITE_ML_THREADS", 0, minimum=0, maximum=1024)
DIGITSITE_MNIST = environment.text("DIGITSITE_MNIST")
UPLOAD_LIMIT = 21 * 2**20
"""Bytes of a request's body that are read; a larger one is a 413."""
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "predictor",
    "frontend",
]

MIDDLEWARE = [
    "predictor.middleware.one_error_shape",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "predictor.visitors.remember",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "digitsite.urls"
WSGI_APPLICATION = "digitsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASE_URL = environment.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'digitsite.sqlite3'}")
DATABASES = {"default": _database(DATABASE_URL)}
if str(DATABASES["default"]["ENGINE"]).endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # WAL alone does not stop "database is locked": a transaction that reads, then writes, must
        # take the write lock at once, and wait for it.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000;",
    }
    # A check costs a query; a local file does not go away.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
    DATABASES["default"]["CONN_MAX_AGE"] = None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "frontend:draw"
LOGOUT_REDIRECT_URL = "frontend:draw"

# Cookies are Secure only when the site is set to HTTPS: on plain http they would be lost.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if DIGITSITE_TRUST_PROXY else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
VISITOR_COOKIE = "visitor"
VISITOR_COOKIE_AGE = timedelta(days=730)

LANGUAGE_CODE = "en"
# Each language that is done whole, in its own words; the texts lie with the app that says them (<app>/locale).
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
# Before Django's own: the admin says "History" too, and means another one.
LOCALE_PATHS = [BASE_DIR / app / "locale" for app in ("frontend", "predictor")]
FORMAT_MODULE_PATH = "frontend.formats"
TIME_ZONE = _time_zone(environment.text("TIME_ZONE", "UTC"))
USE_I18N = USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "frontend.statics.StaticFiles"},
}

REDIS_URL = broker.url(_redis(environment.text("REDIS_URL")), DATA_DIR)
CELERY = {
    "broker_url": broker.celery_form(REDIS_URL),
    "broker_connection_retry_on_startup": True,
    # Without Redis a hint fails at once and the sweep makes up for it; by default each request would wait 6 s.
    "broker_transport_options": {"global_keyprefix": broker.PREFIX, "socket_connect_timeout": 2, "max_retries": 0},
    "task_publish_retry": False,
    "task_ignore_result": True,
    "task_routes": {"predictor.tasks.retrain": {"queue": "train"}, "predictor.tasks.*": {"queue": "predict"}},
    "task_default_queue": "predict",
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "CELERY_DB_REUSE_MAX": 1_000_000,
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["predictor.visitors.VisitorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "predictor.errors.answer",
    # Half a character, which JSON can write as \ud800, can't be sent back in UTF-8.
    "UNICODE_JSON": False,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Digitsite",
    "DESCRIPTION": "Reads handwritten digits, and learns from the people who correct it.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_NAME_OVERRIDES": {
        "DrawingSource": "predictor.models.Source",
        "SentSource": "predictor.api.inputs.SENT_SOURCES",
        "DrawingMode": "predictor.models.Mode",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"celery": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}

# The gate: what a retrained network must hold against the champion, on the same glyphs (predictor/gate.py). Columns: up
# to where it is promoted, up to where a person is asked, the unit, what it is. Any rule beyond both keeps the champion.
GATE = {
    "holdout_fall": AtMost(0.001, 0.002, "points", "accuracy lost on 5,000 MNIST training pictures kept aside"),
    "holdout_certainty": AtMost(0.95, 0.99, "share", "how certain McNemar's exact test is that it reads them worse"),
    "holdout_class_fall": AtMost(0.01, 0.02, "points", "accuracy lost within the one digit of them that lost most"),
    "holdout_class_unsure": AtMost(
        0.05, 0.1, "points", "share of the one digit of them of which it is less often sure, or takes it for none"
    ),
    "holdout_flips": AtMost(0.001, 0.002, "share", "of them the champion read rightly and the candidate doesn't"),
    "holdout_calibration": AtMost(
        0.005, 0.02, "points", "how much further its confidence is from how often it is right"
    ),
    "grid_fall": AtMost(0.002, 0.005, "points", "accuracy lost on 1,500 of them drawn anew in fifteen ways"),
    "grid_certainty": AtMost(
        0.95, 0.975, "share", "how certain the exact test is that it reads these worse: here forgetting shows first"
    ),
    "grid_cell_fall": AtMost(0.01, 0.02, "points", "accuracy lost within the way of drawing that lost most"),
    "grid_class_fall": AtMost(0.01, 0.02, "points", "accuracy lost within the one digit of these that lost most"),
    "grid_flips": AtMost(0.005, 0.01, "share", "of these the champion read rightly and the candidate doesn't"),
    "scribbles_fall": AtMost(0.05, 0.15, "points", "share of letters, shapes and scribbles that it is newly sure of"),
    "validation_count": AtLeast(
        0, 0, "", "validation drawings of the site's own to compare on; raise it to be asked without them"
    ),
    "validation_fall": AtMost(0.0, 0.02, "points", "accuracy lost on the site's validation drawings"),
    "validation_certainty": AtMost(0.95, 0.99, "share", "how certain the exact test is that it reads these worse"),
    "validation_class_fall": AtMost(
        0.1, 0.2, "points", "accuracy lost within one digit of these that has at least ten"
    ),
    "validation_class_unsure": AtMost(
        0.1, 0.3, "points", "share of one digit of these of which it is less often sure, or takes it for none"
    ),
    "validation_flips": AtMost(0.02, 0.05, "share", "of these the champion read rightly and the candidate doesn't"),
    "latency": AtMost(1.5, 3.0, "times", "time for one glyph against the champion's, both measured in turn"),
    "size": AtMost(1.2, 4.0, "times", "its file's bytes against the champion's"),
}

# The queue of reviews: what is shown in which order, and what reviewers and visitors are held to.
REVIEW: dict[str, float] = {
    # Points of each reason to look at a drawing; those of one drawing add up, and the most points come first.
    # Two versions of the network read it differently: what a candidate does otherwise comes up before all else.
    "weight_versions": 4.0,
    # Two reviewers gave different answers.
    "weight_disputed": 3.5,
    # The visitor says something else than the network.
    "weight_disagrees": 3.0,
    # The network isn't sure; times what its confidence lacks to 1.
    "weight_unsure": 2.0,
    # A second reviewer answers what one has decided.
    "weight_second": 1.5,
    # A visitor's label that the network agrees with.
    "weight_label": 1.0,
    # A random check of a sure reading.
    "weight_audit": 0.5,
    # Taken off: nothing can be learned from it without the visitor's consent …
    "weight_no_consent": 2.0,
    # … for each of the same kind among the last ones that this reviewer saw.
    "weight_same_kind": 0.5,
    "same_kind_among": 20,
    # Share of the sure readings that are checked at random …
    "audit_share": 0.02,
    # … of the decisions that a second reviewer gives once more, without seeing the first …
    "second_share": 0.1,
    # … and of the drawings shown whose answer is known, to measure the reviewer.
    "check_share": 0.04,
    # Days until a known answer is asked for again.
    "check_rest_days": 30,
    # Seconds that a drawing stays with the reviewer who has it.
    "claim_seconds": 300,
    # Drawings that the page holds ready.
    "ahead": 8,
    # Seconds until a skipped drawing comes back.
    "skip_seconds": 3600,
    # Seconds after its last stroke until a drawing of which nothing was said counts as finished.
    "settle_seconds": 30,
    # A visitor is flagged once this many of their labels were decided …
    "flag_after": 10,
    # … and among the newest of them (and as many that wait and that the network agrees with) …
    "flag_among": 40,
    # … more than this share was rejected.
    "flag_share": 0.5,
    # Drawings of a flagged visitor that are reviewed in a day.
    "flagged_daily": 20,
}

# Datasets: what counts how much in a snapshot (predictor/datasets), and how much the admin's page of import takes.
DATASETS = {
    # The share of all training weight that one writer's drawings may have together …
    "writer_share": 0.2,
    # … but as many drawings count in full as this, whoever drew them: on a site of few people nothing is lost.
    "writer_least": 50,
    # Bits of 64 in which the looks of two drawings may differ and they still share the weight of one (0 to 3).
    "duplicate_bits": 2,
    # The largest file that may be uploaded for import in the admin, in bytes, and the most drawings in it.
    "upload_bytes": 20 * 2**20,
    "upload_drawings": 2_000,
}
