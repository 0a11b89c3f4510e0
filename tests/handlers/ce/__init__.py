"""Tests of ce."""
