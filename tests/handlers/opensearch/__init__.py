"""Tests of OpenSearch."""
