"""Keys of a request: what conditions can ask of the parameters.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
the pages of the services in the service authorization reference.
"""

from collections.abc import Mapping
from typing import Any

# Parameters that conditions know, by prefix of actions: path → key. A dot leads into a structure.
_MEMBERS: dict[str, dict[str, str]] = {
    "ec2": {
        "InstanceType": "ec2:instancetype",
        "InstanceType.Value": "ec2:instancetype",
        "Placement.AvailabilityZone": "ec2:availabilityzone",
        "AvailabilityZone": "ec2:availabilityzone",
        "Placement.Tenancy": "ec2:tenancy",
        "VolumeType": "ec2:volumetype",
        "Size": "ec2:volumesize",
        "Iops": "ec2:volumeiops",
        "Encrypted": "ec2:encrypted",
        "MetadataOptions.HttpTokens": "ec2:metadatahttptokens",
    },
    "rds": {
        "DBInstanceClass": "rds:databaseclass",
        "Engine": "rds:databaseengine",
        "DBName": "rds:databasename",
        "MultiAZ": "rds:multiaz",
        "AllocatedStorage": "rds:storagesize",
        "Iops": "rds:piops",
        "StorageEncrypted": "rds:storageencrypted",
    },
    "s3": {"Prefix": "s3:prefix", "Delimiter": "s3:delimiter", "MaxKeys": "s3:max-keys",
           "ACL": "s3:x-amz-acl", "ServerSideEncryption": "s3:x-amz-server-side-encryption"},
    "iam": {"PolicyArn": "iam:policyarn", "PermissionsBoundary": "iam:permissionsboundary",
            "AWSServiceName": "iam:awsservicename"},
    "lambda": {"AuthType": "lambda:functionurlauthtype"},
    "ecs": {"cluster": "ecs:cluster"},
    "sts": {"ExternalId": "sts:externalid", "RoleSessionName": "sts:rolesessionname",
            "SourceIdentity": "sts:sourceidentity", "TransitiveTagKeys": "sts:transitivetagkeys"},
}  # fmt: skip
_TAGGING = ("Tags", "tags", "TagList", "tagSet", "TagsToAdd")
_UNTAGGING = ("TagKeys", "tagKeys", "TagKeyList")


def of_parameters(prefix: str, operation: str, params: Mapping[str, Any]) -> dict[str, list[str]]:
    """Keys, in lower case, and the values that the parameters give them."""
    found: dict[str, list[str]] = {}
    for path, key in _MEMBERS.get(prefix, {}).items():
        value: Any = params
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None and not isinstance(value, Mapping):
            found[key] = [_text(one) for one in (value if isinstance(value, list) else [value])]
    tags = _tags(params)
    for name, value in tags.items():
        found[f"aws:requesttag/{name.lower()}"] = [value]
    keys = [*tags, *(key for member in _UNTAGGING for key in params.get(member) or ())]
    if prefix == "ec2" and operation == "DeleteTags":
        keys = [str(tag.get("Key")) for tag in params.get("Tags") or ()]
    if keys:
        found["aws:tagkeys"] = [str(key) for key in keys]
    if prefix == "ec2" and params.get("TagSpecifications"):
        found["ec2:createaction"] = [operation]
    return found


def _tags(params: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for member in _TAGGING:
        given = params.get(member)
        if isinstance(given, Mapping):
            given = given.get("TagSet", [{"Key": k, "Value": v} for k, v in given.items()])
        for tag in given if isinstance(given, list) else ():
            _take(tag, found)
    for specification in params.get("TagSpecifications") or ():
        for tag in specification.get("Tags") or ():
            _take(tag, found)
    return found


def _take(tag: Any, found: dict[str, str]) -> None:
    if isinstance(tag, Mapping):
        key = tag.get("Key", tag.get("key", tag.get("TagKey")))
        if key is not None:
            found[str(key)] = str(tag.get("Value", tag.get("value", tag.get("TagValue"))) or "")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
