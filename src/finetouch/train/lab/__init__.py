"""Recipes for the tiny models of `finetouch.lab`."""
