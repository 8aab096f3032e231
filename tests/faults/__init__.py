"""Faults of a running site, with real processes: one at a time, noticed and survived."""
