"""Tests of policies: documents and verdicts."""
