"""AWS Budgets: what an account means to spend, and who hears when it does not keep to it."""
