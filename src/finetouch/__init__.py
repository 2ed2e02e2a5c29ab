"""Finetouch: say it, point at it, or paint it: exactly that changes, and nothing else."""

from finetouch._version import __version__

__all__ = ["__version__"]
