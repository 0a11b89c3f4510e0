"""Refusals in S3's words that several nouns share.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
"""

from typing import Any

from emulator.errors import AwsError

_MISSING = {
    "NoSuchTagSet": "The TagSet does not exist",
    "NoSuchLifecycleConfiguration": "The lifecycle configuration does not exist",
    "NoSuchBucketPolicy": "The bucket policy does not exist",
    "NoSuchCORSConfiguration": "The CORS configuration does not exist",
    "NoSuchWebsiteConfiguration": "The specified bucket does not have a website configuration",
    "ReplicationConfigurationNotFoundError": "The replication configuration was not found",
    "ObjectLockConfigurationNotFoundError":
        "Object Lock configuration does not exist for this bucket",
    "OwnershipControlsNotFoundError": "The bucket ownership controls were not found",
    "NoSuchPublicAccessBlockConfiguration":
        "The public access block configuration was not found",
    "NoSuchConfiguration": "The specified configuration does not exist.",
}  # fmt: skip


def missing(code: str, bucket: str) -> AwsError:
    """A configuration that a bucket does not have."""
    return AwsError(code, _MISSING[code], 404, BucketName=bucket)


def malformed() -> AwsError:
    """A document that is XML, but not as S3 wants it."""
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
        400,
    )


def invalid(message: str, name: str = "", value: Any = None) -> AwsError:
    """A bad argument, by its name on the wire and its value."""
    fields = {"ArgumentName": name, "ArgumentValue": str(value)[:512]} if name else {}
    return AwsError("InvalidArgument", message, 400, **fields)


def bad_request(message: str) -> AwsError:
    """Something that cannot be asked so."""
    return AwsError("InvalidRequest", message, 400)


def not_emulated(what: str) -> AwsError:
    """Something that AWS does and this server does not."""
    return AwsError("NotImplemented", f"{what} is not emulated", 501)


def denied(message: str = "Access Denied") -> AwsError:
    """What the caller may not do."""
    return AwsError("AccessDenied", message, 403)


def no_such_key(key: str, **headers: str) -> AwsError:
    """A key of which there is no object."""
    return AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=key, **headers)


def precondition_failed(condition: str) -> AwsError:
    """A condition of the request that does not hold."""
    return AwsError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
        Condition=condition,
    )
