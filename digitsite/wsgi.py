"""Entry point of the web process: `gunicorn digitsite.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from digitsite import safety

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")
os.environ.setdefault("DIGITSITE_POOL", "10")

safety.check()
application = get_wsgi_application()
