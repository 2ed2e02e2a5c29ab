"""Metrics and benchmarks against ground truth."""
