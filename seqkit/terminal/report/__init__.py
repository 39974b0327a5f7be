"""Runs, comparisons and sweeps as text."""
