"""Tests of MSK."""
