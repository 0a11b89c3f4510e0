"""Metrics: what CloudWatch tells of a resource, worked out of the rows of its days."""
