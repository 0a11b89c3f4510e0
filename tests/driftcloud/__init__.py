"""The Python module: through real processes, as its users have it."""
