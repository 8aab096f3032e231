"""`manage.py purge`: deletes drawings that are too old or too many, and visitors who have none."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from predictor.drawings import retention
from predictor.errors import DomainError
from predictor.models import Drawing


class Command(BaseCommand):
    help = (
        "Deletes drawings that are too old or too many, those without a label first, and visitors who have none and no"
        " account; says what before it does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, help="delete those made earlier; default: DIGITSITE_KEEP_DAYS")
        parser.add_argument("--drawings", type=int, help="keep at most so many; default: DIGITSITE_KEEP_DRAWINGS")
        parser.add_argument("--labelled", action="store_true", help="delete those that the site may learn from, too")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")

    def handle(self, *, days: int | None, drawings: int | None, labelled: bool, dry_run: bool, **options: Any) -> None:
        site = retention.configured()
        policy = retention.RetentionPolicy(
            days=site.days if days is None else days,
            drawings=site.drawings if drawings is None else drawings,
            labelled=site.labelled or labelled,
        )
        try:
            surpluses = retention.plan(policy)
        except DomainError as error:
            raise CommandError(error.message) from error
        total = sum(surplus.count for surplus in surpluses)
        for surplus in surpluses:
            self.stdout.write(f"{surplus.count} of the drawings {surplus.name}")
        self.stdout.write(f"{total} of {Drawing.objects.count()} drawings {'would be' if dry_run else 'are'} deleted.")
        strangers = retention.empty_owners(policy)
        are = "would be" if dry_run else "are"
        self.stdout.write(f"{strangers.count()} visitors without a drawing or an account {are} deleted.")
        if dry_run:
            return
        visitors = sum(retention.purge_owners(strangers))
        deleted = 0
        with tqdm(total=total, unit=" drawings", disable=None) as bar:
            for count in retention.purge(surpluses):
                deleted += count
                bar.update(count)
        self.stdout.write(f"{deleted} drawings and {visitors} visitors deleted.")
