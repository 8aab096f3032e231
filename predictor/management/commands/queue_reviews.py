"""`manage.py queue_reviews`: the queue of reviews, all anew."""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from predictor.review import claims
from predictor.review import items as review_items


class Command(BaseCommand):
    help = "Looks at every drawing anew and puts the queue of reviews right; a second time changes nothing."

    def handle(self, **options: Any) -> None:
        with tqdm(unit=" drawings", disable=None) as bar:
            for count in review_items.rebuild():
                bar.update(count)
        self.stdout.write(f"{claims.waiting()} drawings wait for review.")
