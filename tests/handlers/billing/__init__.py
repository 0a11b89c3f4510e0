"""Tests of billing views."""
