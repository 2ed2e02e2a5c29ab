"""Edits: one file per method."""

EVERY_PRESET = ("embedded", "lab", "sd15", "sdxl", "flux", "qwen")
"""Presets of the methods that need no model: they are better at what they do than a generator, everywhere."""
