"""Tests of ssm."""
