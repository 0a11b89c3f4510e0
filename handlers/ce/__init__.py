"""Cost Explorer: what the account cost, by whom and by what, and what it may cost yet."""
