"""Identifiers as RDS takes them: names of one account and region, in any case, or their ARNs."""

import re
from dataclasses import dataclass

from emulator.context import Context
from emulator.errors import AwsError


@dataclass(frozen=True, slots=True)
class Noun:
    """How RDS speaks of one kind of resource.

    `segment` is its word in ARNs; `code` the error for one that is not there, `absent` its words.
    """

    segment: str
    parameter: str
    code: str
    absent: str


INSTANCE = Noun("db", "DBInstanceIdentifier", "DBInstanceNotFound", "DBInstance {} not found.")
CLUSTER = Noun(
    "cluster", "DBClusterIdentifier", "DBClusterNotFoundFault", "DBCluster {} not found."
)
SNAPSHOT = Noun(
    "snapshot", "DBSnapshotIdentifier", "DBSnapshotNotFound", "DBSnapshot {} not found."
)
CLUSTER_SNAPSHOT = Noun(
    "cluster-snapshot",
    "DBClusterSnapshotIdentifier",
    "DBClusterSnapshotNotFoundFault",
    "DBClusterSnapshot {} not found.",
)
SUBNET_GROUP = Noun(
    "subgrp",
    "DBSubnetGroupName",
    "DBSubnetGroupNotFoundFault",
    "DB Subnet group '{}' does not exist.",
)
PARAMETER_GROUP = Noun(
    "pg", "DBParameterGroupName", "DBParameterGroupNotFound", "DBParameterGroup not found: {}"
)
CLUSTER_PARAMETER_GROUP = Noun(
    "cluster-pg",
    "DBClusterParameterGroupName",
    "DBParameterGroupNotFound",
    "DBClusterParameterGroup not found: {}",
)
RESERVATION = Noun(
    "ri",
    "ReservedDBInstanceId",
    "ReservedDBInstanceNotFound",
    "ReservedDBInstance {} not found.",
)
NOUNS = {
    noun.segment: noun
    for noun in (
        INSTANCE,
        CLUSTER,
        SNAPSHOT,
        CLUSTER_SNAPSHOT,
        SUBNET_GROUP,
        PARAMETER_GROUP,
        CLUSTER_PARAMETER_GROUP,
        RESERVATION,
    )
}

_VALID = re.compile(r"[a-z](?:-?[a-z0-9])*", re.IGNORECASE)


def not_found(noun: Noun, identifier: str) -> AwsError:
    """The error for what the caller does not have in the region."""
    return AwsError(noun.code, noun.absent.format(identifier), 404)


def plain(ctx: Context, noun: Noun, value: str) -> str:
    """The identifier that a request means: in lower case, taken out of its ARN if it is one.

    The ARN of another account, region or kind names nothing here.
    """
    lowered = value.strip().lower()
    if not lowered.startswith("arn:"):
        return lowered
    head = f"arn:aws:rds:{ctx.region}:{ctx.principal.account_number}:{noun.segment}:"
    if not lowered.startswith(head):
        raise not_found(noun, value)
    return lowered.removeprefix(head)


def new(noun: Noun, value: str, longest: int = 63) -> str:
    """The identifier of something that is to be made, held against AWS's rules of names."""
    if not _VALID.fullmatch(value) or len(value) > longest:
        raise AwsError(
            "InvalidParameterValue",
            f"The parameter {noun.parameter} is not a valid identifier. Identifiers must begin"
            " with a letter; must contain only ASCII letters, digits, and hyphens; and must not"
            " end with a hyphen or contain two consecutive hyphens.",
        )
    return value.lower()
