"""What some days bring: one mess per module."""
