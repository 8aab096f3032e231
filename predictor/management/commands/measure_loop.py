"""`manage.py measure_loop`: the former name of `manage.py simulate`."""

from predictor.management.commands import simulate


class Command(simulate.Command):
    """The alias keeps scripts working that call the command by its former name."""
