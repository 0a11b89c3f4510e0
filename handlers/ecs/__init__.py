"""ECS: clusters, task definitions, services, tasks and container instances."""
