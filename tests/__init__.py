"""Tests: through the front door, against a real PostgreSQL and real clients."""
