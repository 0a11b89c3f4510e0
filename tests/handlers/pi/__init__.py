"""Tests of pi."""
