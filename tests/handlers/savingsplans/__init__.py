"""Tests of Savings Plans."""
