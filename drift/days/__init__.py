"""What every day brings, one noun per module."""
