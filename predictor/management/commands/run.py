"""`manage.py run`: runs the whole site in the foreground until Ctrl-C."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digitsite import supervision
from predictor import startup
from predictor.errors import DomainError


class Command(BaseCommand):
    help = "Prepares the site, then runs broker, workers and web under a supervisor until Ctrl-C."

    def handle(self, **options: Any) -> None:
        try:
            supervision.start(prepare=lambda: startup.prepare(say=self.stdout.write))
        except (supervision.CannotStart, DomainError) as error:
            raise CommandError(str(error)) from error
