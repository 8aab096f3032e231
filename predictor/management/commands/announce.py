"""`manage.py announce`: waits until the site can read a digit, and says where."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor import startup


class Command(BaseCommand):
    help = "Waits until a worker has read a glyph and the web answers; prints the address."

    def handle(self, **options: Any) -> None:
        def say(text: str) -> None:
            self.stdout.write(text)
            self.stdout.flush()

        if not startup.announce(say=say):
            raise CommandError("The site isn't ready.")
