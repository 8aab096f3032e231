"""`manage.py shadow VERSION`: puts a version in the shadow."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor.errors import DomainError
from predictor.models.versions import SHADOW_SHARE
from predictor.versions import registry, shadow


class Command(BaseCommand):
    help = "Has a version read a share of the live drawings after the champion. Nobody sees its readings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "version", nargs="?", help="its number; without it, prints how the version in the shadow compares"
        )
        parser.add_argument(
            "--share", type=float, default=SHADOW_SHARE, help="share of the drawings to read, above 0 and up to 1 (0.1)"
        )
        parser.add_argument("--off", action="store_true", help="take the version out of the shadow")

    def handle(self, *, version: str | None, share: float, off: bool, **options: Any) -> None:
        if off:
            ended = shadow.end()
            self.stdout.write(f"Version {ended.pk} is out of the shadow." if ended else "No version was in the shadow.")
        elif version is None:
            self._print_comparison()
        else:
            try:
                chosen = registry.get(version)
                shadow.begin(version=chosen, share=share)
            except DomainError as error:
                raise CommandError(error.message) from error
            self.stdout.write(f"Version {chosen.pk} reads {100 * share:g}% of the live drawings in the shadow.")

    def _print_comparison(self) -> None:
        version = shadow.current()
        if version is None:
            self.stdout.write("No version is in the shadow: give the number of one.")
            return
        found = shadow.compare(version)
        self.stdout.write(
            f"Version {version.pk} has read {found.read} drawings in the shadow lately, {found.agreed} of them as the"
            f" champion did. Of {found.judged} others with an accepted label the champion read {found.champion_right}"
            f" correctly, version {version.pk} {found.version_right}."
        )
