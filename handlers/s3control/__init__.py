"""S3 Control: what concerns an account's buckets together."""
