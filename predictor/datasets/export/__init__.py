"""A snapshot as files that other tools, and this site, can read."""
