"""Plausible parameters: few members, true ids, known words, so that requests come far."""

import re
from typing import Any

from tests.emulator.protocols.values import Generator

FILTERS = (
    "tag:Name", "tag:env", "tag-key", "tag-value", "state", "instance-state-name", "instance-id",
    "instance-type", "vpc-id", "subnet-id", "volume-id", "status", "size", "volume-type", "name",
    "create-time", "launch-time", "attachment.instance-id", "attachment.status", "encrypted",
    "snapshot-id", "owner-id", "start-time", "availability-zone", "domain", "allocation-id",
    "public-ip", "group-name", "group-id", "resource-id", "resource-type", "key", "value",
    "image-id", "architecture", "is-public", "root-device-type",
    "network-interface.addresses.private-ip-address", "ip-permission.from-port",
    "private-ip-address", "vcpu-info.default-vcpus", "location", "zone-name", "region-name",
    "is-default", "cidr", "cidr-block", "default-for-az", "launch-template-name", "key-name",
    "progress", "monitoring-state",
    "block-device-mapping.volume-id", "block-device-mapping.status", "instance-state-code",
)  # fmt: skip
WORDS = {
    "AccountId": ("123456789012",),
    "AvailabilityZone": ("us-east-1a", "us-east-1b", "us-east-1z"),
    "InstanceType": ("t3.micro", "m5.large", "c5.xlarge", "p4d.24xlarge", "t2.nothing"),
    "VolumeType": ("gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"),
    "CidrBlock": ("10.1.0.0/16", "172.31.0.0/20", "10.0.0.0/8", "10.0.0.0/33"),
    "Region": ("us-east-1", "eu-west-1"),
    "SourceRegion": ("us-east-1", "eu-west-1"),
    "Device": ("/dev/sdf", "/dev/xvda"),
    "RoleArn": ("arn:aws:iam::123456789012:role/OrganizationAccountAccessRole", "arn:aws:iam::1:r"),
    "ResourceType": ("instance", "volume", "snapshot"),
    "PolicyId": ("policy-0123456789abcdef0", "p-01234567"),
    # by the names of their shapes
    "TaggableResourceId": ("123456789012", "r-abcd", "ou-abcd-01234567"),
    "PolicyTargetId": ("123456789012", "r-abcd", "ou-abcd-01234567"),
    "ParentId": ("r-abcd", "ou-abcd-01234567"),
    "RootId": ("r-abcd",),
    "ChildId": ("123456789012", "ou-abcd-01234567"),
    "OrganizationalUnitId": ("ou-abcd-01234567",),
    "ServicePrincipal": ("config.amazonaws.com",),
    "EmailAddress": ("kate@example.com",),
    "Email": ("kate@example.com",),
    "PhoneNumber": ("+12065550100",),
    "ExecutionRoleArn": ("arn:aws:iam::123456789012:role/snapshots",),
    "Domain": ("vpc",),
    "NodeGroupId": ("0001", "0002"),
    "ConsumerName": ("reports", "audits"),
    "ResourceARN": (
        "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:high",
        "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/"
        "0123456789abcdef0123456789ab",
    ),
    "ReservedInstanceOfferingId": ("12345678-1234-1234-1234-123456789012",),
    "ReservationName": ("search-2026",),
    "accessKeyIdType": ("AKIAIOSFODNN7EXAMPLE",),
    "existingUserNameType": ("tester", "ada"),
    "userNameType": ("tester", "ada"),
    "groupNameType": ("readers",),
    "roleNameType": ("FinOpsReadOnly", "deploy"),
    "policyNameType": ("inline",),
    "instanceProfileNameType": ("web",),
    "accountAliasType": ("acme",),
    "policyVersionIdType": ("v1", "v2"),
    "jobIDType": ("01234567-0123-0123-0123-012345678901",),
    "policyDocumentType": (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*",'
        ' "Resource": "*"}}',
    ),
    "arnType": (
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::123456789012:user/tester",
    ),
    "EndpointConfigName": ("ranker-v1",),
    "VariantName": ("main",),
    "NotebookInstanceName": ("lab",),
    "ModelName": ("ranker",),
    "EndpointName": ("ranker",),
    "ResourceArn": (
        "arn:aws:dlm:us-east-1:123456789012:policy/policy-0123456789abcdef0",
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/ranker",
        "arn:aws:bcm-data-exports:us-east-1:123456789012:export/bill-01234567",
    ),
    "ExportArn": ("arn:aws:bcm-data-exports:us-east-1:123456789012:export/bill-01234567",),
    "ReportName": ("bill",),
    "ServiceCode": ("AmazonEC2", "AmazonRDS"),
    "StreamARN": ("arn:aws:kinesis:us-east-1:123456789012:stream/orders",),
    "Resource": ("arn:aws:lambda:us-east-1:123456789012:function:ingest",),
    "Action": ("lambda:GetLayerVersion", "lambda:InvokeFunction"),
    "Principal": ("123456789012", "s3.amazonaws.com"),
    "StatementId": ("caller",),
    "LayerName": ("observability",),
    "FunctionName": ("ingest",),
    "Role": ("arn:aws:iam::123456789012:role/runner",),
    "CodeSigningConfigArn": (
        "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0",
    ),
    "SigningProfileVersionArn": (
        "arn:aws:signer:us-east-1:123456789012:/signing-profiles/ours/abcdefghij",
    ),
    "ServiceName": ("com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.dynamodb"),
}
TEXTS = (
    "a",
    "Name",
    "production",
    "web*",
    "*",
    "?",
    "\\*",
    "2026-06-30T00:00:00.000Z",
    "true",
    "8",
)
# What estates call their buckets.
_BUCKET = re.compile("[a-z0-9-]+-[0-9]{3}(?:-[0-9]{12})?")
NUMBERS = (0, 1, 2, 5, 8, 10, 100, 500, 1000, 3000, 16000, 2**31 - 1, -1)


class Plausible(Generator):
    """Values that a client might send; `identifiers` are ids of things that exist."""

    def __init__(self, seed: int, identifiers: list[bytes]) -> None:
        super().__init__(seed, milliseconds=True)
        self._identifiers = [one.decode() for one in identifiers]

    def structure(self, shape: Any, depth: int = 0) -> dict[str, Any]:
        """Required members, and few others."""
        found = {}
        wanted = self.random.choice((0.03, 0.1, 0.25)) if depth == 0 else 0.4
        for name, member in shape.members.items():
            if name == "DryRun" and self.random.random() < 0.9:
                continue
            if name in shape.required_members or self.random.random() < wanted:
                value = self._member(name, member, depth + 1)
                if value is not None:
                    found[name] = value
        return found

    def _member(self, name: str, shape: Any, depth: int) -> Any:
        kind, pick = shape.type_name, self.random.choice
        named = kind == "list" and "Name" in getattr(shape.member, "members", ())
        if name in ("Filters", "Filter") and named:
            count = self.random.randrange(1, 4)
            return [
                {"Name": pick(FILTERS), "Values": [self._word() for _ in range(pick((1, 1, 2, 5)))]}
                for _ in range(count)
            ]
        if kind == "list" and shape.member.type_name == "string":
            count = self.random.choice((1, 1, 2, 3))
            return [self._text(name.removesuffix("s"), shape.member) for _ in range(count)]
        if kind == "string":
            return self._text(name, shape)
        if kind in ("integer", "long"):
            least, most = shape.metadata.get("min"), shape.metadata.get("max")
            if least is not None and most is not None and self.random.random() < 0.9:
                return self.random.randint(least, most)
            return pick(NUMBERS)
        return self.value(shape, depth)

    def _text(self, name: str, shape: Any) -> str:
        pick = self.random.choice
        name = shape.name if shape.name in WORDS else name
        if name in WORDS and (not shape.enum or set(shape.enum) >= set(WORDS[name])):
            return pick(WORDS[name])
        if shape.enum:
            return str(pick(shape.enum))
        if name == "Bucket":
            return pick([one for one in self._identifiers if _BUCKET.fullmatch(one)] or ["bucket"])
        if name.endswith(("Id", "ResourceIds", "Resource")) and self.random.random() < 0.9:
            heads = {"InstanceId": "i-", "VolumeId": "vol-", "SnapshotId": "snap-", "VpcId": "vpc-"}
            head = heads.get(name, "")
            fitting = [one for one in self._identifiers if one.startswith(head)]
            return pick(fitting or self._identifiers)
        return self._word()

    def _word(self) -> str:
        return self.random.choice(
            (self.random.choice(TEXTS), self.random.choice(self._identifiers))
        )

    def scalar(self, shape: Any) -> Any:
        """A scalar in the depth of a structure."""
        if shape.type_name == "string":
            return self._text("", shape)
        if shape.type_name in ("integer", "long"):
            return self.random.choice(NUMBERS)
        return super().scalar(shape)
