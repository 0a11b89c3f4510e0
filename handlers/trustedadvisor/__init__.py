"""Trusted Advisor: the checks on costs as recommendations."""
