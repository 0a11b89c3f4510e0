"""Tests of the machine that is true of any AWS service."""
