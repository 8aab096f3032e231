"""`manage.py rollback`: back to the previous champion."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor.errors import DomainError
from predictor.versions import registry


class Command(BaseCommand):
    help = "Makes the previous champion the champion again."

    def handle(self, **options: Any) -> None:
        try:
            version = registry.rollback()
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Version {version.pk} is the champion again.")
