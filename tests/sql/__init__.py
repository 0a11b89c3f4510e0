"""What the database promises, asked of its catalogue and of its behaviour."""
