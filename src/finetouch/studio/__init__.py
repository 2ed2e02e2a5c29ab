"""The studio: a page in the browser, an HTTP API and tools for agents around the same functions."""
