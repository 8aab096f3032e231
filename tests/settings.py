"""The site's settings in a data folder of the tests' own."""

import os
import tempfile
from pathlib import Path

_kept = Path(__file__).resolve().parent.parent / "var"
_cache = _kept / "cache"
os.environ["DIGITSITE_DATA"] = os.environ.get("DIGITSITE_TEST_DATA") or tempfile.mkdtemp(prefix="digitsite-test-")
for _limit in ("THROTTLE", "EXPLANATIONS", "EXPORTS", "SHARES", "SIGN_INS", "SIGN_UPS"):
    os.environ.setdefault(f"DIGITSITE_{_limit}", "0")
os.environ.pop("REDIS_URL", None)
# Playwright leaves a loop running in the thread of the tests, which Django takes for an asynchronous view.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from digitsite.settings import *  # noqa: E402, F403

# MNIST and what is made of it are the same for every run.
CACHE_DIR = _cache
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
# Where `manage.py prepare` collects them; WhiteNoise warns of a folder that is missing.
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # In a file, as the site's: threads that write at once meet there as they do on a site.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
