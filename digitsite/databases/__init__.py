"""Django's database backends, with connections that come back after a fault."""
