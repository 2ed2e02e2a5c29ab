"""Which model plays which role in which preset."""
