"""Billing: the views of a bill."""
