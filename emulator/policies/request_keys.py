"""Keys of a request: what conditions can ask of the parameters.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
the pages of the services in the service authorization reference. EC2's keys belong each to some
types of the resources that a call is about; those of other services to all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from emulator.policies.resources import RDS_TAGS

Keys = dict[str, Sequence[str]]

# Parameters that conditions know, by prefix of actions: path → key. A dot leads into a structure.
_MEMBERS: dict[str, dict[str, str]] = {
    "ec2": {
        "InstanceType": "ec2:instancetype",
        "Placement.AvailabilityZone": "ec2:availabilityzone",
        "AvailabilityZone": "ec2:availabilityzone",
        "Placement.Tenancy": "ec2:tenancy",
        "InstanceTenancy": "ec2:tenancy",
        "VolumeType": "ec2:volumetype",
        "Size": "ec2:volumesize",
        "Iops": "ec2:volumeiops",
        "Throughput": "ec2:volumethroughput",
        "Encrypted": "ec2:encrypted",
        "EbsOptimized": "ec2:ebsoptimized",
        "IamInstanceProfile.Arn": "ec2:instanceprofile",
        "InstanceMarketOptions.MarketType": "ec2:instancemarkettype",
        "MetadataOptions.HttpEndpoint": "ec2:metadatahttpendpoint",
        "MetadataOptions.HttpPutResponseHopLimit": "ec2:metadatahttpputresponsehoplimit",
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
        "PubliclyAccessible": "rds:publiclyaccessible",
        "ManageMasterUserPassword": "rds:managemasteruserpassword",
    },
    "s3": {"Prefix": "s3:prefix", "Delimiter": "s3:delimiter", "MaxKeys": "s3:max-keys",
           "ACL": "s3:x-amz-acl", "ServerSideEncryption": "s3:x-amz-server-side-encryption",
           "CopySource": "s3:x-amz-copy-source", "StorageClass": "s3:x-amz-storage-class",
           "MetadataDirective": "s3:x-amz-metadata-directive", "VersionId": "s3:versionid",
           "CreateBucketConfiguration.LocationConstraint": "s3:locationconstraint"},
    "iam": {"PolicyArn": "iam:policyarn", "PermissionsBoundary": "iam:permissionsboundary",
            "AWSServiceName": "iam:awsservicename"},
    "lambda": {"AuthType": "lambda:functionurlauthtype", "Principal": "lambda:principal",
               "FunctionUrlAuthType": "lambda:functionurlauthtype", "Layers": "lambda:layer",
               "VpcConfig.SubnetIds": "lambda:subnetids",
               "VpcConfig.SecurityGroupIds": "lambda:securitygroupids"},
    "elasticache": {"CacheNodeType": "elasticache:cachenodetype",
                    "Engine": "elasticache:enginetype",
                    "EngineVersion": "elasticache:engineversion",
                    "NumNodeGroups": "elasticache:numnodegroups"},
    "elasticloadbalancing": {"Scheme": "elasticloadbalancing:scheme",
                             "Subnets": "elasticloadbalancing:subnet",
                             "SecurityGroups": "elasticloadbalancing:securitygroup"},
    "autoscaling": {"InstanceType": "autoscaling:instancetype", "MinSize": "autoscaling:minsize",
                    "MaxSize": "autoscaling:maxsize", "SpotPrice": "autoscaling:spotprice",
                    "LaunchConfigurationName": "autoscaling:launchconfigurationname",
                    "TargetGroupARNs": "autoscaling:targetgrouparns"},
    "sagemaker": {"InstanceType": "sagemaker:instancetypes",
                  "VolumeSizeInGB": "sagemaker:volumesizeingb",
                  "ResourceConfig.InstanceType": "sagemaker:instancetypes"},
    "cloudwatch": {"Namespace": "cloudwatch:namespace"},
    "organizations": {"Type": "organizations:policytype", "PolicyType": "organizations:policytype",
                      "Filter": "organizations:policytype",
                      "ServicePrincipal": "organizations:serviceprincipal"},
    "sts": {"ExternalId": "sts:externalid", "RoleSessionName": "sts:rolesessionname",
            "SourceIdentity": "sts:sourceidentity", "TransitiveTagKeys": "sts:transitivetagkeys",
            "DurationSeconds": "sts:durationseconds"},
}  # fmt: skip
_TAGGING: Final = (
    "Tags", "tags", "TagList", "TagsToAdd", "TagsList", "ResourceTags", "BackupPlanTags",
    "BackupVaultTags", "Tagging",
)  # fmt: skip
_UNTAGGING: Final = ("TagKeys", "tagKeys", "TagKeyList", "ResourceTagKeys")
# Operations whose tags are but keys, to be taken away.
_TAKING: Final = frozenset(("DeleteTags", "RemoveTags", "UntagLogGroup"))

# The types of EC2's resources that its keys are told of; what stands not here is told of all.
_AT_LAUNCH: Final = frozenset(("instance", "spot-instances-request", "capacity-reservation"))
_DISK: Final = frozenset(("volume", "snapshot"))
_EC2_TYPES: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(
        ("ec2:instancetype", "ec2:ebsoptimized", "ec2:instanceprofile", "ec2:instancemarkettype",
         "ec2:metadatahttpendpoint", "ec2:metadatahttpputresponsehoplimit",
         "ec2:metadatahttptokens"), _AT_LAUNCH),
    "ec2:tenancy": _AT_LAUNCH | {"vpc"},
    "ec2:availabilityzone": _AT_LAUNCH | {"volume", "subnet", "network-interface"},
    **dict.fromkeys(
        ("ec2:volumetype", "ec2:volumesize", "ec2:volumeiops", "ec2:volumethroughput",
         "ec2:encrypted"), _DISK),
}  # fmt: skip
_EBS: Final = {
    "VolumeType": "ec2:volumetype",
    "VolumeSize": "ec2:volumesize",
    "Iops": "ec2:volumeiops",
    "Throughput": "ec2:volumethroughput",
    "Encrypted": "ec2:encrypted",
}


def of_parameters(prefix: str, operation: str, params: Mapping[str, Any]) -> Keys:
    """Keys, in lower case, and the values that the parameters give them."""
    found: Keys = {}
    for path, key in _MEMBERS.get(prefix, {}).items():
        value: Any = params
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None and not isinstance(value, Mapping):
            found[key] = [_text(one) for one in (value if isinstance(value, list) else [value])]
    found.update(_of_tags(_tags(params), operation))
    _add_removed(operation, params, found)
    if prefix == "ec2":
        _add_of_ec2(operation, params, found)
    elif prefix == "rds":
        asked = {k.rpartition("/")[2]: v for k, v in found.items() if k.startswith("aws:request")}
        found.update({f"rds:req-tag/{key}": value for key, value in asked.items()})
    elif prefix == "s3" and isinstance(params.get("Tagging"), str):
        pairs = parse_qsl(params["Tagging"], keep_blank_values=True)
        found.update({f"s3:requestobjecttag/{key.lower()}": [value] for key, value in pairs})
        found["s3:requestobjecttagkeys"] = [key for key, _ in pairs]
    return found


def _of_tags(tags: Mapping[str, str], operation: str) -> Keys:
    found: Keys = {}
    if operation not in _TAKING:
        found = {f"aws:requesttag/{name.lower()}": [value] for name, value in tags.items()}
    if tags:
        found["aws:tagkeys"] = list(tags)
    return found


def _add_removed(operation: str, params: Mapping[str, Any], found: Keys) -> None:
    keys = [key for member in _UNTAGGING for key in params.get(member) or ()]
    if operation == "UntagLogGroup":
        keys += params.get("tags") or ()
    if keys:
        found["aws:tagkeys"] = [*found.get("aws:tagkeys", ()), *map(str, keys)]


def _add_of_ec2(operation: str, params: Mapping[str, Any], found: Keys) -> None:
    if operation.startswith("Modify") and operation.endswith("Attribute"):
        # its instance type is the one that is there; what shall be is an attribute
        changed = [name for name, one in params.items() if isinstance(one, Mapping)]
        found["ec2:attribute"] = changed or [str(params.get("Attribute") or "")]
        for name in changed:
            value = params[name].get("Value")
            if value is not None:
                found[f"ec2:attribute/{name.lower()}"] = [_text(value)]
    if operation == "RunInstances":
        found.setdefault("ec2:instancemarkettype", ["on-demand"])


def of_resources(
    prefix: str, operation: str, params: Mapping[str, Any], keys: Keys, named: Sequence[str]
) -> Iterator[tuple[str, Keys]]:
    """The resources of a call, each with those of its keys that are told of such a one.

    A launch with several disks is about each of them.
    """
    if prefix != "ec2":
        yield from ((arn, keys) for arn in named)
        return
    tagged = {one.get("ResourceType"): one for one in params.get("TagSpecifications") or ()}
    for arn in named:
        kind, _, name = arn.rpartition(":")[2].partition("/")
        own = {k: v for k, v in keys.items() if kind in _EC2_TYPES.get(k, (kind,))}
        if tagged and kind != "*":
            own = {
                k: v for k, v in own.items() if not k.startswith(("aws:requesttag/", "aws:tagk"))
            }
            own.update(_of_tags(_tags({"TagSpecifications": [tagged.get(kind) or {}]}), operation))
        disks = _disks(params) if kind == "volume" and name == "*" else []
        yield from ((arn, own | disk) for disk in disks or [{}])


def _disks(params: Mapping[str, Any]) -> list[Keys]:
    """The keys of the volumes that a launch asks for in words of its own."""
    found: list[Keys] = []
    for mapping in params.get("BlockDeviceMappings") or ():
        given = mapping.get("Ebs") or {}
        keys: Keys = {key: [_text(given[name])] for name, key in _EBS.items() if name in given}
        if keys and keys not in found:
            found.append(keys)
    return found


def made_with_tags(params: Mapping[str, Any], named: Sequence[str]) -> list[str]:
    """The ARNs of what a call of EC2's makes and tags at once: that needs ec2:CreateTags as well.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
    """
    kinds = {one.get("ResourceType") for one in params.get("TagSpecifications") or ()
             if one.get("Tags")}  # fmt: skip
    parts = [(arn, *arn.rpartition(":")[2].partition("/")[::2]) for arn in named]
    return [arn for arn, kind, name in parts if kind in kinds and name == "*"]


def of_row(
    prefix: str,
    resource: str,
    tags: Mapping[str, str],
    keys: Mapping[str, str],
    context: Mapping[str, Sequence[str]],
    number: str,
) -> Keys:
    """The keys of one resource that is there, of the account `number`.

    What the request itself says of it (`context`) wins over its row.
    """
    found: Keys = {key: [value] for key, value in keys.items() if key not in context}
    found["aws:resourceaccount"] = [number]
    if prefix == "s3":
        found["s3:resourceaccount"] = [number]
    kind = resource.split(":", 6)[5] if resource.count(":") > 5 else ""
    for key, value in tags.items():
        found[f"aws:resourcetag/{key.lower()}"] = [value]
        found[f"{prefix}:resourcetag/{key.lower()}"] = [value]
        if prefix == "rds" and kind in RDS_TAGS:
            found[f"{RDS_TAGS[kind]}{key.lower()}"] = [value]
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
