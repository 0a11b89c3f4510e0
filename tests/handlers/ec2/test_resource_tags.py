"""Tags through boto3, held against SQL on both of its sides."""

from typing import Any

import pytest

from tests.handlers.ec2.answers import Sql, make_instance, refusal


def tags(**given: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in given.items()]


def column_and_rows(sql: Sql, table: str, column: str, value: str) -> dict[str, str]:
    [row] = sql(f"select tags from {table} where {column}::text = $1", value)
    found = sql("select key, value from resource_tags where resource_id = $1", value)
    by_rows = {one["key"]: one["value"] for one in found}
    assert by_rows == row["tags"]
    return by_rows


@pytest.fixture
def volume(ec2: Any) -> str:
    return str(ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"])


def test_tags_come_change_and_go(ec2: Any, volume: str, sql: Sql) -> None:
    def held() -> dict[str, str]:
        return column_and_rows(sql, "volumes", "volume_id", volume)

    ec2.create_tags(Resources=[volume], Tags=tags(team="data", env="dev", empty=""))
    assert held() == {"team": "data", "env": "dev", "empty": ""}
    ec2.create_tags(Resources=[volume], Tags=tags(env="prod"))
    assert held() == {"team": "data", "env": "prod", "empty": ""}
    ec2.delete_tags(Resources=[volume], Tags=[{"Key": "env", "Value": "dev"}])
    assert held()["env"] == "prod"
    ec2.delete_tags(Resources=[volume], Tags=[{"Key": "env", "Value": "prod"}, {"Key": "team"}])
    assert held() == {"empty": ""}
    ec2.delete_tags(Resources=[volume], Tags=tags(empty=""))
    assert held() == {}
    ec2.create_tags(Resources=[volume], Tags=tags(a="1", b="2"))
    sql('update volumes set tags = tags || \'{"aws:own": "x"}\' where volume_id = $1', volume)
    ec2.delete_tags(Resources=[volume])
    assert held() == {"aws:own": "x"}


def test_each_kind_of_resource(ec2: Any, cloud: Any, volume: str, sql: Sql) -> None:
    account, number = cloud.account.id, cloud.account.number
    tail = number + "abcde"
    sql(
        "insert into key_pairs (account_id, key_pair_id, name, fingerprint)"
        " values ($1, $2, 'k', 'f')",
        account,
        f"key-{tail}",
    )
    sql(
        "insert into launch_templates (account_id, launch_template_id, name) values ($1, $2, 'l')",
        account,
        f"lt-{tail}",
    )
    sql(
        "insert into nat_gateways (account_id, nat_gateway_id) values ($1, $2)",
        account,
        f"nat-{tail}",
    )
    sql(
        "insert into vpc_endpoints (account_id, vpc_endpoint_id, vpc_id, service_name)"
        " values ($1, $2, 'vpc-1', 's')",
        account,
        f"vpce-{tail}",
    )
    sql(
        "insert into images (account_id, image_id, name, owner_number) values ($1, $2, 'own', $3)",
        account,
        f"ami-{tail}",
        number,
    )
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    [vpc] = sql("select vpc_id from vpcs where account_id = $1 and region = 'us-east-1'", account)
    subnet = sql("select subnet_id from subnets where vpc_id = $1", vpc["vpc_id"])[0]["subnet_id"]
    [group] = sql("select group_id from security_groups where vpc_id = $1", vpc["vpc_id"])
    named = {
        make_instance(sql, cloud): "instance",
        volume: "volume",
        snapshot: "snapshot",
        ec2.allocate_address()["AllocationId"]: "elastic-ip",
        f"ami-{tail}": "image",
        vpc["vpc_id"]: "vpc",
        subnet: "subnet",
        group["group_id"]: "security-group",
        f"nat-{tail}": "natgateway",
        f"vpce-{tail}": "vpc-endpoint",
        f"lt-{tail}": "launch-template",
        f"key-{tail}": "key-pair",
    }
    ec2.create_tags(Resources=list(named), Tags=tags(owner="ops"))
    found = ec2.describe_tags(Filters=[{"Name": "key", "Values": ["owner"]}])["Tags"]
    assert {one["ResourceId"]: one["ResourceType"] for one in found} == named
    assert {one["Value"] for one in found} == {"ops"}
    # All or nothing: one that is missing keeps the others as they were.
    assert refusal(
        ec2.create_tags,
        Resources=[*named, "vol-00000000000000000"],
        Tags=tags(owner="dev"),
    ) == ("InvalidVolume.NotFound", "The volume 'vol-00000000000000000' does not exist.")
    rows = sql("select distinct value from resource_tags where resource_id = any($1)", list(named))
    assert [row["value"] for row in rows] == ["ops"]
    ec2.delete_tags(Resources=list(named))
    assert sql("select 1 from resource_tags where resource_id = any($1)", list(named)) == []


def test_describe_tags(ec2: Any, cloud: Any, volume: str, sql: Sql) -> None:
    instance = make_instance(sql, cloud)
    ec2.create_tags(Resources=[volume], Tags=tags(stack="blue", **{"a*b": "star"}))
    ec2.create_tags(Resources=[instance], Tags=tags(stack="green", colour="blue"))

    def by(**given: list[str]) -> set[tuple[str, str]]:
        filters = [{"Name": name, "Values": values} for name, values in given.items()]
        return {
            (one["ResourceId"], one["Key"]) for one in ec2.describe_tags(Filters=filters)["Tags"]
        }

    assert by(key=["stack"]) == {(volume, "stack"), (instance, "stack")}
    assert by(**{"resource-id": [volume]}) == {(volume, "stack"), (volume, "a*b")}
    assert by(**{"resource-type": ["instance"]}) == {(instance, "stack"), (instance, "colour")}
    assert by(value=["bl?e"]) == {(volume, "stack"), (instance, "colour")}
    assert by(**{"tag:stack": ["green"]}) == {(instance, "stack")}
    assert by(**{"tag:a*b": ["st*"]}) == {(volume, "a*b")}
    assert by(**{"resource-type": ["volume"], "key": ["c*"]}) == set()
    # the pattern is of AWS's name, in which there is no underscore
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    ec2.create_tags(Resources=[group], Tags=tags(stack="red"))
    assert by(**{"resource-type": ["security-gr*"]}) == {(group, "stack")}
    assert by(**{"resource-type": ["security_group"]}) == set()
    ec2.delete_tags(Resources=[group])
    west = cloud.client("ec2", "us-west-2")
    assert west.describe_tags()["Tags"] == []
    ec2.create_tags(Resources=[volume], Tags=tags(**{f"k{n}": str(n) for n in range(20)}))
    pages = list(
        ec2.get_paginator("describe_tags").paginate(
            Filters=[{"Name": "resource-id", "Values": [volume]}],
            PaginationConfig={"PageSize": 7},
        )
    )
    keys = [one["Key"] for page in pages for one in page["Tags"]]
    assert [len(page["Tags"]) for page in pages] == [7, 7, 7, 1]
    assert sorted(keys) == sorted({"stack", "a*b", *(f"k{n}" for n in range(20))})
    # Nothing filters: a page begins within a resource, and goes on with the next type's.
    every = ec2.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 7})
    found = [(one["ResourceId"], one["Key"]) for page in every for one in page["Tags"]]
    assert found == [(instance, "colour"), (instance, "stack"), *sorted((volume, k) for k in keys)]


def test_limits(ec2: Any, volume: str, sql: Sql) -> None:
    ec2.create_tags(Resources=[volume], Tags=tags(**{f"k{n}": "x" for n in range(49)}))
    sql('update volumes set tags = tags || \'{"aws:own": "x"}\' where volume_id = $1', volume)
    # AWS's own tags do not count, and a key that is there already is not one more.
    ec2.create_tags(Resources=[volume], Tags=tags(k49="x"))
    ec2.create_tags(Resources=[volume], Tags=tags(k0="y"))
    code, _ = refusal(ec2.create_tags, Resources=[volume], Tags=tags(one="more"))
    assert code == "TagLimitExceeded"
    code, _ = refusal(
        ec2.create_tags, Resources=[volume], Tags=tags(**{f"n{n}": "" for n in range(51)})
    )
    assert code == "TagLimitExceeded"
    held = column_and_rows(sql, "volumes", "volume_id", volume)
    assert (len(held), held["k0"]) == (51, "y")


@pytest.mark.parametrize("operation", ["create_tags", "delete_tags"])
def test_what_is_refused(ec2: Any, other_cloud: Any, volume: str, operation: str) -> None:
    call = getattr(ec2, operation)
    for wrong in ("nonsense", "vol-xyz", "i-123", "xyz-1234567890abcdef0"):
        assert refusal(call, Resources=[wrong], Tags=tags(a="b")) == (
            "InvalidID",
            f"The ID '{wrong}' is not valid",
        )
    assert refusal(call, Resources=["i-00000000000000000"], Tags=tags(a="b")) == (
        "InvalidInstanceID.NotFound",
        "The instance ID 'i-00000000000000000' does not exist",
    )
    code, _ = refusal(call, Resources=[volume], Tags=tags(**{"aws:x": "b"}))
    assert code == "InvalidParameterValue"
    stranger = getattr(other_cloud.client("ec2"), operation)
    code, _ = refusal(stranger, Resources=[volume], Tags=tags(a="b"))
    assert code == "InvalidVolume.NotFound"
    code, _ = refusal(call, Resources=[volume], Tags=tags(a="b"), DryRun=True)
    assert code == "DryRunOperation"
