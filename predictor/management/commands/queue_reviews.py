"""`manage.py queue_reviews`: rebuilds the review queue."""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from predictor.review import claims, queue_items


class Command(BaseCommand):
    help = "Rebuilds the review queue from all drawings. Running it again changes nothing."

    def handle(self, **options: Any) -> None:
        with tqdm(unit=" drawings", disable=None) as bar:
            for count in queue_items.rebuild():
                bar.update(count)
        self.stdout.write(f"{claims.waiting()} drawings wait for review.")
