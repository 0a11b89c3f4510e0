"""Tests of models.costs."""
