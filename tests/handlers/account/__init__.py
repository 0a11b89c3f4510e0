"""Tests of Account."""
