"""S3 Control through boto3."""
