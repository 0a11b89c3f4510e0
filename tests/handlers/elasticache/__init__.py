"""Tests of ElastiCache."""
