"""Tests of the Free Tier."""
