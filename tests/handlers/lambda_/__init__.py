"""Tests of Lambda."""
