"""S3: buckets, their configurations, and objects."""
