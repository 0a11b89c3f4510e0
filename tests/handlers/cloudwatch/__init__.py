"""CloudWatch through real clients."""
