"""AWS Free Tier: how much of what is free an account has used this month."""
