"""`manage.py measure_loop`: the former name of `manage.py simulate`."""

from predictor.tools.management.commands import simulate


class Command(simulate.Command):
    """Keeps scripts working that use the former name."""
