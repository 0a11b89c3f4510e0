"""AWS Organizations: accounts, where they belong, and what holds for them."""
