"""What changes by itself: one virtual day per tick."""
