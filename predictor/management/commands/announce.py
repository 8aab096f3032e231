"""`manage.py announce`: waits until the site reads digits, then prints its address."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor import startup


class Command(BaseCommand):
    help = "Waits until a worker has read a test glyph and the web answers, then prints the address."

    def handle(self, **options: Any) -> None:
        def say(text: str) -> None:
            self.stdout.write(text)
            self.stdout.flush()

        if not startup.announce(say=say):
            raise CommandError("The site isn't ready.")
