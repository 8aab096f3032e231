"""The row that `/readyz` writes."""

from django.db import models


class Probe(models.Model):
    """One row, written to find out whether rows can be written."""

    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"written at {self.written_at}"
