"""Tests of Cost Optimization Hub."""
