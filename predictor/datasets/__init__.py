"""Numbered snapshots of what the site may learn from."""
