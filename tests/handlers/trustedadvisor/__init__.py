"""Tests of Trusted Advisor."""
