"""Tests of CloudTrail's handlers."""
