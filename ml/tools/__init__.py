"""Commands for developers; the site imports none of them."""
