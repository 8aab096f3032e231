"""Logging, with the tokens of share links cut: whoever reads a log must not be able to open a shared drawing."""

import logging
import logging.config
import re
from typing import Any

_TOKEN = re.compile(r"(/shared/[\w-]{4})[\w-]+")


def configure(config: dict[str, Any]) -> None:
    """Django's `LOGGING_CONFIG`. Cuts tokens in the records of all loggers, those of Gunicorn and Celery included."""
    logging.config.dictConfig(config)
    # Not a filter: that sees only what is logged to its own logger or handler, and Gunicorn has handlers of its own.
    logging.setLogRecordFactory(CutRecord)


class CutRecord(logging.LogRecord):
    """A log record whose message shows four characters of a token."""

    def getMessage(self) -> str:  # noqa: N802  logging's name
        message = super().getMessage()
        return _TOKEN.sub(r"\1…", message) if "/shared/" in message else message
