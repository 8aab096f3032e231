"""`manage.py prepare`: what must run after each update. Idempotent."""

from typing import Any

from django.core.management.base import BaseCommand

from predictor import startup


class Command(BaseCommand):
    help = "Migrates the database, collects static files, registers the bundled network. Idempotent."

    def handle(self, **options: Any) -> None:
        startup.prepare(say=self.stdout.write)
