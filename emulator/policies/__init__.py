"""Policies: documents read as IAM reads them, and requests judged by them. Pure: no I/O."""
