"""Tests of SQS."""
