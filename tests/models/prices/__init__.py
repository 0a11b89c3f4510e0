"""Tests of models.prices."""
