"""Tests of data exports."""
