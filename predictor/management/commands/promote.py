"""`manage.py promote VERSION`: makes a version the champion."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor.errors import DomainError
from predictor.versions import registry


class Command(BaseCommand):
    help = "Makes a version the champion; running workers load it within 5 s."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", help="its number, as `model` in an API answer and the admin show it")

    def handle(self, *, version: str, **options: Any) -> None:
        try:
            chosen = registry.get(version)
            registry.promote(version=chosen)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Version {chosen.pk} is the champion.")
