"""Tests of EC2."""
