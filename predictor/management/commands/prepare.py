"""`manage.py prepare`: what must run after each update. Idempotent."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor import startup
from predictor.errors import DomainError


class Command(BaseCommand):
    help = "Migrates the database, collects static files, registers the bundled network. Idempotent."

    def handle(self, **options: Any) -> None:
        try:
            startup.prepare(say=self.stdout.write)
        except DomainError as error:
            raise CommandError(error.message) from error
