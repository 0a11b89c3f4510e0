"""Tests of Auto Scaling."""
