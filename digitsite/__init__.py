"""The Django project: settings, URLs, the Celery application, and the site's own broker."""
