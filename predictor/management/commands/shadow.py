"""`manage.py shadow VERSION`: a version reads along silently."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor.errors import DomainError
from predictor.models.versions import SHADOW_SHARE
from predictor.reading import shadow
from predictor.versions import registry


class Command(BaseCommand):
    help = "Lets a version read a share of the live drawings after the champion; nobody sees what it says."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", nargs="?", help="its number; without it, says how the present one does")
        parser.add_argument("--share", type=float, default=SHADOW_SHARE, help="of the drawings, above 0 up to 1 (0.1)")
        parser.add_argument("--off", action="store_true", help="no version stands in the shadow any more")

    def handle(self, *, version: str | None, share: float, off: bool, **options: Any) -> None:
        if off:
            ended = shadow.end()
            self.stdout.write(f"Version {ended.pk} has left the shadow." if ended else "No version was in the shadow.")
        elif version is None:
            self._say_how_it_does()
        else:
            try:
                chosen = registry.get(version)
                shadow.begin(version=chosen, share=share)
            except DomainError as error:
                raise CommandError(error.message) from error
            self.stdout.write(f"Version {chosen.pk} reads {100 * share:g}% of the live drawings in the shadow.")

    def _say_how_it_does(self) -> None:
        version = shadow.current()
        if version is None:
            self.stdout.write("No version stands in the shadow: give the number of one.")
            return
        found = shadow.agreement(version)
        self.stdout.write(
            f"Version {version.pk} has read {found.read} drawings in the shadow, {found.same} of them as the champion"
            f" did. Of {found.judged} others with an accepted label the champion was right on {found.champion_right},"
            f" it on {found.version_right}."
        )
