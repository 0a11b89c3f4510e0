"""Curves, samplers and statistics."""
