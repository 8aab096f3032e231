"""Benchmarks a site of its own, beside other servers: `manage.py bench`."""
