"""Tests of Compute Optimizer."""
