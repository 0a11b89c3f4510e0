"""Tests of the embedded PostgreSQL, the pool and the sessions."""
