"""How dates are written, where Django's own forms are too long for a card."""
