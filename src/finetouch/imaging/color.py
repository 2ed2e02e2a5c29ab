"""Colour in one place: Lab conversion, colour words to RGB, and how much of a region has a named colour."""

from __future__ import annotations

from finetouch.imaging.color_names import BASIC, named_color
from finetouch.imaging.color_terms import basic_term, dominant_color, membership, term_share
from finetouch.imaging.lab import RGB, Lab, delta_e, hex_of, lab_of, lab_to_srgb, rgb_of, srgb_to_lab

__all__ = [
    "BASIC",
    "RGB",
    "Lab",
    "basic_term",
    "delta_e",
    "dominant_color",
    "hex_of",
    "lab_of",
    "lab_to_srgb",
    "membership",
    "named_color",
    "rgb_of",
    "srgb_to_lab",
    "term_share",
]
