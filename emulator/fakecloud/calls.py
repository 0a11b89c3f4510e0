"""What changes of rows are in AWS's words: the operations that the single gateway performs.

A resource is never written past the rules of its service: whoever sets `state` of an instance to
stopped has it stopped, with all that stopping checks, costs and leaves in the trail.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Call(NamedTuple):
    """An operation and its parameters."""

    service: str
    operation: str
    params: dict[str, Any]


Row = Mapping[str, Any]
_Delete = Callable[[Row], Call]
_Update = Callable[[Row, Any], list[Call]]


def _tail(arn: str) -> str:
    return arn.rpartition(":")[2].rpartition("/")[2]


DELETES: dict[str, _Delete] = {
    "instances": lambda r: Call("ec2", "TerminateInstances", {"InstanceIds": [r["instance_id"]]}),
    "volumes": lambda r: Call("ec2", "DeleteVolume", {"VolumeId": r["volume_id"]}),
    "snapshots": lambda r: Call("ec2", "DeleteSnapshot", {"SnapshotId": r["snapshot_id"]}),
    "elastic_ips": lambda r: Call("ec2", "ReleaseAddress", {"AllocationId": r["allocation_id"]}),
    "nat_gateways": lambda r: Call(
        "ec2", "DeleteNatGateway", {"NatGatewayId": r["nat_gateway_id"]}
    ),
    "vpc_endpoints": lambda r: Call(
        "ec2", "DeleteVpcEndpoints", {"VpcEndpointIds": [r["vpc_endpoint_id"]]}
    ),
    "images": lambda r: Call("ec2", "DeregisterImage", {"ImageId": r["image_id"]}),
    "security_groups": lambda r: Call("ec2", "DeleteSecurityGroup", {"GroupId": r["group_id"]}),
    "key_pairs": lambda r: Call("ec2", "DeleteKeyPair", {"KeyPairId": r["key_pair_id"]}),
    "launch_templates": lambda r: Call(
        "ec2", "DeleteLaunchTemplate", {"LaunchTemplateId": r["launch_template_id"]}
    ),
    "rds_instances": lambda r: Call(
        "rds",
        "DeleteDBInstance",
        {"DBInstanceIdentifier": r["identifier"], "SkipFinalSnapshot": True},
    ),
    "rds_snapshots": lambda r: Call(
        "rds", "DeleteDBSnapshot", {"DBSnapshotIdentifier": r["identifier"]}
    ),
    "cache_clusters": lambda r: Call(
        "elasticache", "DeleteCacheCluster", {"CacheClusterId": r["identifier"]}
    ),
    "load_balancers": lambda r: (
        Call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": r["lb_arn"]})
        if "/app/" in r["lb_arn"] or "/net/" in r["lb_arn"] or "/gwy/" in r["lb_arn"]
        else Call("elb", "DeleteLoadBalancer", {"LoadBalancerName": r["name"]})
    ),
    "lambda_functions": lambda r: Call("lambda", "DeleteFunction", {"FunctionName": r["name"]}),
    "log_groups": lambda r: Call("logs", "DeleteLogGroup", {"logGroupName": r["name"]}),
    "s3_buckets": lambda r: Call("s3", "DeleteBucket", {"Bucket": r["name"]}),
    "autoscaling_groups": lambda r: Call(
        "autoscaling",
        "DeleteAutoScalingGroup",
        {"AutoScalingGroupName": r["name"], "ForceDelete": True},
    ),
}


def _instance_state(row: Row, state: Any) -> list[Call]:
    operation = {
        "stopped": "StopInstances", "running": "StartInstances", "terminated": "TerminateInstances",
    }.get(str(state))  # fmt: skip
    if operation is None:
        raise ValueError("state takes stopped, running or terminated")
    return [Call("ec2", operation, {"InstanceIds": [row["instance_id"]]})]


def _database_state(row: Row, state: Any) -> list[Call]:
    operation = {"stopped": "StopDBInstance", "available": "StartDBInstance"}.get(str(state))
    if operation is None:
        raise ValueError("state takes stopped or available")
    return [Call("rds", operation, {"DBInstanceIdentifier": row["identifier"]})]


def _tags(id_column: str) -> _Update:
    def update(row: Row, tags: Any) -> list[Call]:
        if not isinstance(tags, dict) or not all(isinstance(one, str) for one in tags.values()):
            raise ValueError("tags takes an object whose values are text")
        had = row["tags"] or {}
        calls = []
        gone = [{"Key": key} for key in had if key not in tags and not key.startswith("aws:")]
        put = [{"Key": k, "Value": v} for k, v in tags.items() if had.get(k) != v]
        if gone:
            params = {"Resources": [row[id_column]], "Tags": gone}
            calls.append(Call("ec2", "DeleteTags", params))
        if put:
            calls.append(Call("ec2", "CreateTags", {"Resources": [row[id_column]], "Tags": put}))
        return calls

    return update


def _of(service: str, operation: str, member: str, key: Callable[[Row], dict[str, Any]]) -> _Update:
    """An operation with one changed member."""

    def update(row: Row, value: Any) -> list[Call]:
        return [Call(service, operation, {**key(row), member: value})]

    return update


def _volume(member: str) -> _Update:
    return _of("ec2", "ModifyVolume", member, lambda r: {"VolumeId": r["volume_id"]})


def _database(member: str) -> _Update:
    return _of(
        "rds",
        "ModifyDBInstance",
        member,
        lambda r: {"DBInstanceIdentifier": r["identifier"], "ApplyImmediately": True},
    )


def _group(member: str) -> _Update:
    return _of(
        "autoscaling",
        "UpdateAutoScalingGroup",
        member,
        lambda r: {"AutoScalingGroupName": r["name"]},
    )


def _instance_type(row: Row, value: Any) -> list[Call]:
    params = {"InstanceId": row["instance_id"], "InstanceType": {"Value": value}}
    return [Call("ec2", "ModifyInstanceAttribute", params)]


def _retention(row: Row, days: Any) -> list[Call]:
    name = {"logGroupName": row["name"]}
    if days is None:
        return [Call("logs", "DeleteRetentionPolicy", name)]
    return [Call("logs", "PutRetentionPolicy", name | {"retentionInDays": days})]


UPDATES: dict[str, dict[str, _Update]] = {
    "instances": {
        "state": _instance_state,
        "instance_type": _instance_type,
        "tags": _tags("instance_id"),
    },
    "volumes": {
        "size_gib": _volume("Size"),
        "volume_type": _volume("VolumeType"),
        "iops": _volume("Iops"),
        "throughput": _volume("Throughput"),
        "tags": _tags("volume_id"),
    },
    "snapshots": {"tags": _tags("snapshot_id")},
    "elastic_ips": {"tags": _tags("allocation_id")},
    "nat_gateways": {"tags": _tags("nat_gateway_id")},
    "security_groups": {"tags": _tags("group_id")},
    "rds_instances": {
        "state": _database_state,
        "instance_class": _database("DBInstanceClass"),
        "multi_az": _database("MultiAZ"),
        "allocated_storage_gib": _database("AllocatedStorage"),
        "backup_retention_days": _database("BackupRetentionPeriod"),
    },
    "autoscaling_groups": {
        "min_size": _group("MinSize"),
        "max_size": _group("MaxSize"),
        "desired_capacity": _group("DesiredCapacity"),
    },
    "lambda_functions": {
        "memory_mb": _of(
            "lambda", "UpdateFunctionConfiguration", "MemorySize",
            lambda r: {"FunctionName": r["name"]},
        ),
        "timeout_seconds": _of(
            "lambda", "UpdateFunctionConfiguration", "Timeout",
            lambda r: {"FunctionName": r["name"]},
        ),
    },
    "log_groups": {"retention_days": _retention},
}  # fmt: skip
