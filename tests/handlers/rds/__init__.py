"""Tests of RDS."""
