"""`manage.py prepare`: what must follow a new release, as often as one likes."""

from typing import Any

from django.core.management.base import BaseCommand

from predictor import startup


class Command(BaseCommand):
    help = "Migrates the database, collects static files, and registers the bundled network. Idempotent."

    def handle(self, **options: Any) -> None:
        startup.prepare(say=self.stdout.write)
