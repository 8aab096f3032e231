"""The Django project: settings, URLs, the Celery application, the private Redis, and the supervisor."""
