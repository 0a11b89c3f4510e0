"""Tests of the Elasticsearch API."""
