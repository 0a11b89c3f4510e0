"""Kinesis, seen by its clients."""
