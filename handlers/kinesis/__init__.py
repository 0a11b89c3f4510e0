"""Kinesis: data streams, their shards and consumers."""
