"""Tests of AWS Organizations."""
