"""Actions: what policies call the operations that services serve.

Mostly a service's signing name and the operation's own name; what differs is data here.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

# Signing names that policies spell otherwise.
PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag", "email": "ses"}

_S3_CONFIGURATIONS = {
    "LifecycleConfiguration": "LifecycleConfiguration",
    "Lifecycle": "LifecycleConfiguration",
    "Encryption": "EncryptionConfiguration",
    "Cors": "BucketCORS",
    "Replication": "ReplicationConfiguration",
    "AccelerateConfiguration": "AccelerateConfiguration",
    "NotificationConfiguration": "BucketNotification",
    "AnalyticsConfiguration": "AnalyticsConfiguration",
    "InventoryConfiguration": "InventoryConfiguration",
    "MetricsConfiguration": "MetricsConfiguration",
    "IntelligentTieringConfiguration": "IntelligentTieringConfiguration",
    "Tagging": "BucketTagging",
    "OwnershipControls": "BucketOwnershipControls",
}
# Deleting a configuration is putting none, and listing configurations is getting them.
_S3_BUCKET = {
    f"{verb}Bucket{name}{plural}": f"{'Put' if verb in ('Put', 'Delete') else 'Get'}{action}"
    for name, action in _S3_CONFIGURATIONS.items()
    for verb, plural in (("Get", ""), ("Put", ""), ("Delete", ""), ("List", "s"))
}
_S3 = _S3_BUCKET | {
    "ListBuckets": "ListAllMyBuckets",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "HeadObject": "GetObject",
    "GetObjectAttributes": "GetObject",
    "CopyObject": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
}
_NAMES: dict[str, dict[str, str]] = {
    "s3": _S3,
    "lambda": {"Invoke": "InvokeFunction", "GetLayerVersionByArn": "GetLayerVersion"},
    "sqs": {
        "SendMessageBatch": "SendMessage",
        "DeleteMessageBatch": "DeleteMessage",
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    },
}


def action(service: str, signing_name: str, operation: str) -> str:
    """The action of an operation: `ec2:RunInstances`."""
    prefix = PREFIXES.get(signing_name, signing_name)
    name = _NAMES.get(service, {}).get(operation, operation)
    if service == "budgets" and "Action" not in operation and "Tag" not in operation:
        name = "ViewBudget" if operation.startswith("Describe") else "ModifyBudget"
    return f"{prefix}:{name}"
