"""Entry point of the web process: `gunicorn digitsite.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from digitsite import safety

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")
os.environ.setdefault("DIGITSITE_POOL", "10")
os.environ.setdefault("DIGITSITE_DATABASE_SECONDS", "10")
safety.check()
_site = get_wsgi_application()

from predictor.web.refusals import refuse_early  # noqa: E402 (the models can be imported only now)

application = refuse_early(_site)
