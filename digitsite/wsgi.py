"""Entry point of the web process: `gunicorn digitsite.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")
os.environ.setdefault("DIGITSITE_POOL", "10")
os.environ.setdefault("DIGITSITE_DATABASE_SECONDS", "10")

application = get_wsgi_application()
