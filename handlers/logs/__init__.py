"""CloudWatch Logs: groups, streams, events, filters, queries and exports."""
