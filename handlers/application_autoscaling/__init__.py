"""Application Auto Scaling: capacities of other services, moved by schedules and targets."""
