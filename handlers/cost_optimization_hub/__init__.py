"""Cost Optimization Hub: everything that could be saved, from all sources, counted once."""
