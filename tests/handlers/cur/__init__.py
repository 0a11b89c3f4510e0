"""Tests of cost and usage reports."""
