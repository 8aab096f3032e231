"""One settings module, driven by environment variables; docs/settings.md lists them all.

`SETTINGS` names every variable read here or by the commands, so that a test can compare the documentation with it.
"""

from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from digitsite import broker, environment
from predictor.datasets.policy import DatasetPolicy
from predictor.review.policy import ReviewPolicy
from predictor.training.gate_policy import GatePolicy

SETTINGS = (
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "DEBUG",
    "DIGITSITE_ADDRESS_VISITORS",
    "DIGITSITE_CACHE",
    "DIGITSITE_DATA",
    "DIGITSITE_DATABASE_SECONDS",
    "DIGITSITE_EXPLANATIONS",
    "DIGITSITE_EXPORTS",
    "DIGITSITE_FREE_DISK",
    "DIGITSITE_KEEP_DAYS",
    "DIGITSITE_KEEP_DRAWINGS",
    "DIGITSITE_ML_THREADS",
    "DIGITSITE_MNIST",
    "DIGITSITE_POOL",
    "DIGITSITE_PUBLIC_URL",
    "DIGITSITE_PURGE_LABELLED",
    "DIGITSITE_QUEUE_LIMIT",
    "DIGITSITE_SECURITY_CONTACT",
    "DIGITSITE_SHARES",
    "DIGITSITE_SIGN_INS",
    "DIGITSITE_SIGN_UPS",
    "DIGITSITE_STAFF_MFA",
    "DIGITSITE_STORAGE",
    "DIGITSITE_THROTTLE",
    "DIGITSITE_TRUST_PROXY",
    "DIGITSITE_UNSAFE",
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
# This host's copies of the networks' files.
NETWORKS_DIR = CACHE_DIR / "networks"

HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.number("PORT", 8000, minimum=1, maximum=65535)
HTTPS = environment.boolean("HTTPS", default=False)
DEBUG = environment.boolean("DEBUG", default=False)
SECRET_KEY = environment.text("SECRET_KEY") or environment.kept_secret_key(DATA_DIR)
# On the loopback address only: `safety` refuses any name where others reach the site.
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", ["*"])
DIGITSITE_UNSAFE = environment.boolean("DIGITSITE_UNSAFE", default=False)
DIGITSITE_PUBLIC_URL = environment.public_url("DIGITSITE_PUBLIC_URL")
DIGITSITE_SECURITY_CONTACT = environment.contact("DIGITSITE_SECURITY_CONTACT")

# The API
DIGITSITE_WAIT = environment.number("DIGITSITE_WAIT", 3.0, minimum=0.0, maximum=60.0)
DIGITSITE_THROTTLE = environment.rate("DIGITSITE_THROTTLE", "300/min")
DIGITSITE_EXPLANATIONS = environment.rate("DIGITSITE_EXPLANATIONS", "120/min")
DIGITSITE_EXPORTS = environment.rate("DIGITSITE_EXPORTS", "20/hour")
DIGITSITE_SHARES = environment.rate("DIGITSITE_SHARES", "60/hour")
DIGITSITE_SIGN_INS = environment.rate("DIGITSITE_SIGN_INS", "10/15min")
DIGITSITE_SIGN_UPS = environment.rate("DIGITSITE_SIGN_UPS", "60/hour")
# A class at school shares one address.
DIGITSITE_ADDRESS_VISITORS = environment.number("DIGITSITE_ADDRESS_VISITORS", 4, minimum=1, maximum=1_000_000)
DIGITSITE_QUEUE_LIMIT = environment.number("DIGITSITE_QUEUE_LIMIT", 10_000, minimum=1, maximum=10_000_000)
DIGITSITE_TRUST_PROXY = environment.boolean("DIGITSITE_TRUST_PROXY", default=False)
DIGITSITE_WEB_PROCESSES = environment.number("DIGITSITE_WEB_PROCESSES", 2, minimum=1, maximum=64)
# Of a web process. A reading waits for a worker; while as many wait as there are places for, others are refused. A few
# threads are left to the probes, whatever the others wait for.
WEB_THREADS, REQUESTS_AT_ONCE, READINGS_AT_ONCE = 96, 88, 40
# In MB. With less free space, the site isn't ready; 0 turns the check off.
DIGITSITE_FREE_DISK = environment.number("DIGITSITE_FREE_DISK", 200, minimum=0, maximum=10**9)
# Read by ml, which doesn't import Django; checked here, so that a bad value prevents the start.
DIGITSITE_ML_THREADS = environment.number("DIGITSITE_ML_THREADS", 0, minimum=0, maximum=1024)
DIGITSITE_MNIST = environment.text("DIGITSITE_MNIST")
# What the train worker deletes; 0 keeps everything for ever.
DIGITSITE_KEEP_DAYS = environment.number("DIGITSITE_KEEP_DAYS", 0, minimum=0, maximum=36_500)
DIGITSITE_KEEP_DRAWINGS = environment.number("DIGITSITE_KEEP_DRAWINGS", 0, minimum=0, maximum=10**12)
DIGITSITE_PURGE_LABELLED = environment.boolean("DIGITSITE_PURGE_LABELLED", default=False)
UPLOAD_LIMIT = 21 * 2**20
"""Largest body of a request, in bytes; a larger one is answered with 413."""
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # the URLs load the admin; workers need none
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *("django_otp", "django_otp.plugins.otp_static", "django_otp.plugins.otp_totp"),
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "predictor",
    "predictor.tools",
    "frontend",
]

MIDDLEWARE = [
    "predictor.web.middleware.leave_room_for_probes",
    "predictor.web.middleware.one_error_shape",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "predictor.web.private_headers.keep_private",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "predictor.two_factor.Gate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "predictor.drawings.visitors.remember",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "predictor.web.middleware.RefusalPages",
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
DATABASES = {"default": environment.database(DATABASE_URL)}
DIGITSITE_DATABASE_SECONDS = environment.number("DIGITSITE_DATABASE_SECONDS", 0, minimum=0, maximum=3600)
if str(DATABASES["default"]["ENGINE"]).endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # WAL alone doesn't prevent "database is locked": a transaction that reads and then writes must take the
        # write lock at its start, and wait for it.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4000; "
        # What is deleted is overwritten (predictor/drawings/erasure.py).
        "PRAGMA secure_delete=ON;",
    }
    # A health check costs a query, and a local file doesn't go away.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
    DATABASES["default"]["CONN_MAX_AGE"] = None
else:
    options = DATABASES["default"].setdefault("OPTIONS", {})
    # PostgreSQL compiles a query that it takes for expensive, which takes half a second; all of the site's are short.
    limits = "-c jit=off"
    if DIGITSITE_DATABASE_SECONDS:
        limits += f" -c statement_timeout={DIGITSITE_DATABASE_SECONDS}s -c lock_timeout={DIGITSITE_DATABASE_SECONDS}s"
    options.setdefault("options", limits)
    # A host that is gone says nothing; `digitsite.databases.postgresql` bounds the wait for one that stands still.
    for name, value in {"connect_timeout": 3, "tcp_user_timeout": 10_000, "keepalives_idle": 30}.items():
        options.setdefault(name, value)
    # A web process has more threads than PostgreSQL has room for connections, and most of them wait for a worker.
    if pool := environment.number("DIGITSITE_POOL", 0, minimum=0, maximum=1000):
        # A request that waits tries anew. The pool's own tries get rare, until one succeeds or this time is over.
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10, "reconnect_timeout": 2}
        DATABASES["default"]["CONN_MAX_AGE"] = 0
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = ["predictor.sign_in.GuessLimit", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["predictor.sign_in.OneAtATime"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
DIGITSITE_STAFF_MFA = environment.boolean("DIGITSITE_STAFF_MFA", default=False)
OTP_TOTP_ISSUER, OTP_ADMIN_HIDE_SENSITIVE_DATA = "Digitsite", True
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "frontend:draw"
LOGOUT_REDIRECT_URL = "frontend:draw"

# Secure only with HTTPS: browsers drop Secure cookies on plain HTTP.
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
# Each is translated completely; the catalogs are in <app>/locale. docs/languages.md says how to add one.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
# These come before Django's own catalogs, where "History" means something else.
LOCALE_PATHS = [BASE_DIR / app / "locale" for app in ("frontend", "predictor")]
FORMAT_MODULE_PATH = "frontend.formats"
TIME_ZONE = environment.time_zone(environment.text("TIME_ZONE", "UTC"))
USE_I18N = USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
DIGITSITE_STORAGE = environment.text("DIGITSITE_STORAGE")
STORAGES = {
    "default": environment.storage(DIGITSITE_STORAGE, DATA_DIR / "media"),
    "exports": environment.storage(DIGITSITE_STORAGE, DATA_DIR / "exports", "exports"),
    "staticfiles": {"BACKEND": "frontend.static_files.StaticFiles"},
}

REDIS_URL = broker.url(environment.redis(environment.text("REDIS_URL")), DATA_DIR)
CELERY = {
    "broker_url": broker.celery_form(REDIS_URL),
    "broker_connection_retry_on_startup": True,
    "worker_consumer": "digitsite.consumer:PersistentConsumer",
    # Without Redis, sending fails at once and a worker's sweep sends later; by default each request would wait 6 s.
    "broker_transport_options": {
        "global_keyprefix": broker.PREFIX,
        "socket_connect_timeout": broker.ANSWER_WITHIN,
        "socket_timeout": broker.ANSWER_WITHIN,
        "max_retries": 0,
    },
    "task_publish_retry": False,
    "task_ignore_result": True,
    "task_routes": {"predictor.tasks.retrain": {"queue": "train"}, "predictor.tasks.*": {"queue": "predict"}},
    "task_default_queue": "predict",
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "CELERY_DB_REUSE_MAX": 1_000_000,
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["predictor.drawings.visitors.VisitorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "predictor.errors.answer",
    # A lone surrogate, which JSON can write as \ud800, can't be encoded as UTF-8.
    "UNICODE_JSON": False,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Digitsite",
    "DESCRIPTION": "Reads handwritten digits and learns from corrections.",
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

LOGGING_CONFIG = "digitsite.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"celery": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}

REVIEW = ReviewPolicy()
GATE = GatePolicy()
DATASETS = DatasetPolicy()
