"""Identifiers as ElastiCache takes them, in any case, and the errors for what is not there."""

import re

from emulator.errors import AwsError

_VALID = re.compile(r"[a-z](?:-?[a-z0-9])*", re.IGNORECASE)
# What each noun says when there is none: the code on the wire, the words, the status.
_ABSENT = {
    "cluster": ("CacheClusterNotFound", "CacheCluster not found: {}", 404),
    "group": ("ReplicationGroupNotFoundFault", "ReplicationGroup {} not found.", 404),
    "snapshot": ("SnapshotNotFoundFault", "Snapshot {} not found.", 404),
    "subnet group": (
        "CacheSubnetGroupNotFoundFault",
        "Cache Subnet Group {} does not exist.",
        400,
    ),
    "parameter group": ("CacheParameterGroupNotFound", "CacheParameterGroup not found: {}", 404),
    "reservation": ("ReservedCacheNodeNotFound", "ReservedCacheNode {} not found.", 404),
    "serverless": ("ServerlessCacheNotFoundFault", "Serverless Cache not found: {}", 404),
}


def not_found(noun: str, identifier: str) -> AwsError:
    """The error for what the caller does not have in the region."""
    code, words, status = _ABSENT[noun]
    return AwsError(code, words.format(identifier), status)


def new(parameter: str, value: str, longest: int = 40) -> str:
    """The identifier of something that is to be made, held against AWS's rules of names."""
    if not _VALID.fullmatch(value) or len(value) > longest:
        raise AwsError(
            "InvalidParameterValue",
            f"The parameter {parameter} is not a valid identifier. Identifiers must begin with a"
            " letter; must contain only ASCII letters, digits, and hyphens; and must not end with"
            " a hyphen or contain two consecutive hyphens.",
        )
    return value.lower()
