"""What exists and what it costs: one module per table."""
