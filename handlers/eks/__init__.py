"""EKS: clusters, node groups, Fargate profiles, add-ons, access entries and updates."""
