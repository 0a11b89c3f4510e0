"""Performance Insights: the load of databases."""
