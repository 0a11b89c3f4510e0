"""Clusters of EKS: their whole life, what they cost, and what is in them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud

Sql = Callable[..., list[dict[str, Any]]]


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_cluster_is_described(
    cloud: Cloud, eks: Any, kube: dict[str, Any], plane: Decimal, sql: Sql
) -> None:
    assert kube["status"] == "CREATING"
    eks.get_waiter("cluster_active").wait(name="kube")
    shown = eks.describe_cluster(name="kube")["cluster"]
    assert shown["arn"] == f"arn:aws:eks:us-east-1:{cloud.account.number}:cluster/kube"
    assert (shown["status"], shown["version"], shown["tags"]) == (
        "ACTIVE",
        kube["version"],
        {"env": "prod"},
    )
    assert shown["endpoint"].endswith(".us-east-1.eks.amazonaws.com")
    assert shown["resourcesVpcConfig"]["endpointPublicAccess"] is True
    assert shown["resourcesVpcConfig"]["vpcId"].startswith("vpc-")
    assert shown["logging"]["clusterLogging"] == [
        {"types": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
         "enabled": False}
    ]  # fmt: skip
    assert "zonalShiftConfig" not in shown  # until it is asked for
    assert eks.list_clusters()["clusters"] == ["kube"]
    assert len(eks.list_access_entries(clusterName="kube")["accessEntries"]) == 1
    [row] = sql("select * from container_clusters where arn = $1", shown["arn"])
    assert (row["env"], row["control_plane_hourly_cost"]) == ("prod", plane)


def test_updates_have_ids(eks: Any, kube: dict[str, Any]) -> None:
    update = eks.update_cluster_config(
        name="kube", logging={"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    )["update"]
    assert (update["type"], update["status"]) == ("LoggingUpdate", "InProgress")
    assert eks.describe_update(name="kube", updateId=update["id"])["update"]["status"] == (
        "Successful"
    )
    shown = eks.describe_cluster(name="kube")["cluster"]["logging"]["clusterLogging"]
    assert shown[0] == {"types": ["audit"], "enabled": True}
    eks.update_cluster_config(
        name="kube",
        resourcesVpcConfig={"endpointPublicAccess": False, "endpointPrivateAccess": True},
    )
    shown = eks.describe_cluster(name="kube")["cluster"]["resourcesVpcConfig"]
    assert (shown["endpointPublicAccess"], shown["endpointPrivateAccess"]) == (False, True)
    assert refused(
        eks.update_cluster_config, name="kube", resourcesVpcConfig={"endpointPublicAccess": False}
    )[1].startswith("Cluster is already at the desired configuration")
    assert len(eks.list_updates(name="kube")["updateIds"]) == 2
    assert refused(eks.describe_update, name="kube", updateId="absent") == (
        "ResourceNotFoundException", "No update found for ID: absent",
    )  # fmt: skip


def test_old_versions_cost_extended_support(
    eks: Any, cloud: Cloud, subnets: list[str], sql: Sql
) -> None:
    versions = eks.describe_cluster_versions()["clusterVersions"]
    assert sum(one["defaultVersion"] for one in versions) == 1
    old = [one for one in versions if one["versionStatus"] == "EXTENDED_SUPPORT"][-1]
    given = {"name": "old", "resourcesVpcConfig": {"subnetIds": subnets},
             "roleArn": f"arn:aws:iam::{cloud.account.number}:role/eks"}  # fmt: skip
    eks.create_cluster(**given, version=old["clusterVersion"])
    cost = "select control_plane_hourly_cost as c from container_clusters where account_id = $1"
    assert sql(cost, cloud.account.id) == [{"c": Decimal("0.6000")}]
    assert refused(eks.update_cluster_version, name="old", version=versions[0]["clusterVersion"])[
        1
    ].startswith("Unsupported Kubernetes minor version update from")
    assert refused(eks.create_cluster, **given | {"name": "x"}, version="1.10") == (
        "InvalidParameterException", "unsupported Kubernetes version",
    )  # fmt: skip
    assert refused(eks.create_cluster, **given) == (
        "ResourceInUseException", "Cluster already exists with name: old",
    )  # fmt: skip


def test_profiles_and_addons_come_and_go(
    eks: Any, kube: dict[str, Any], subnets: list[str]
) -> None:
    eks.create_fargate_profile(
        clusterName="kube", fargateProfileName="web", subnets=subnets,
        podExecutionRoleArn="arn:aws:iam::123456789012:role/pods",
        selectors=[{"namespace": "default"}],
    )  # fmt: skip
    assert eks.list_fargate_profiles(clusterName="kube")["fargateProfileNames"] == ["web"]
    shown = eks.describe_fargate_profile(clusterName="kube", fargateProfileName="web")
    assert shown["fargateProfile"]["selectors"] == [{"namespace": "default", "labels": {}}]
    assert shown["fargateProfile"]["status"] == "ACTIVE"
    assert refused(eks.delete_cluster, name="kube")[1] == "Cluster has Fargate profiles attached"
    eks.delete_fargate_profile(clusterName="kube", fargateProfileName="web")
    assert refused(eks.describe_fargate_profile, clusterName="kube", fargateProfileName="web") == (
        "ResourceNotFoundException", "No Fargate Profile found with name: web.",
    )  # fmt: skip
    offered = eks.describe_addon_versions(addonName="vpc-cni", kubernetesVersion="1.33")
    default = next(
        one["addonVersion"] for one in offered["addons"][0]["addonVersions"]
        if one["compatibilities"][0]["defaultVersion"]
    )  # fmt: skip
    eks.create_addon(clusterName="kube", addonName="vpc-cni")
    assert eks.list_addons(clusterName="kube")["addons"] == ["vpc-cni"]
    addon = eks.describe_addon(clusterName="kube", addonName="vpc-cni")["addon"]
    assert (addon["addonVersion"], addon["status"]) == (default, "ACTIVE")
    eks.delete_addon(clusterName="kube", addonName="vpc-cni")
    assert eks.list_addons(clusterName="kube")["addons"] == []


def test_tags_by_arn(eks: Any, nodes: dict[str, Any], kube: dict[str, Any]) -> None:
    for arn in (kube["arn"], nodes["nodegroupArn"]):
        eks.tag_resource(resourceArn=arn, tags={"team": "a", "cost": "b"})
        eks.untag_resource(resourceArn=arn, tagKeys=["cost"])
        assert eks.list_tags_for_resource(resourceArn=arn)["tags"]["team"] == "a"
        assert "cost" not in eks.list_tags_for_resource(resourceArn=arn)["tags"]
    shown = eks.describe_nodegroup(clusterName="kube", nodegroupName="workers")["nodegroup"]
    assert shown["tags"] == {"team": "a"}


def test_others_see_nothing(kube: dict[str, Any], other_cloud: Cloud) -> None:
    other = other_cloud.client("eks")
    assert other.list_clusters()["clusters"] == []
    assert refused(other.describe_cluster, name="kube") == (
        "ResourceNotFoundException", "No cluster found for name: kube.",
    )  # fmt: skip
    assert refused(other.list_tags_for_resource, resourceArn=kube["arn"])[0] == (
        "ResourceNotFoundException"
    )
