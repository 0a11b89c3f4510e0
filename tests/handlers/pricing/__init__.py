"""Tests of the price list."""
