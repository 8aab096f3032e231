"""Date formats, where Django's own are too long for a card."""
