"""How MSK clusters are reached from outside their network: publicly, or from other networks.

Sources: https://docs.aws.amazon.com/msk/latest/developerguide/public-access.html,
…/aws-access-mult-vpc.html and …/port-info.html. Both can only be turned on once a cluster is there.
"""

from typing import Any

from emulator.context import Context
from handlers.kafka import cluster_view
from handlers.kafka.cluster_updates import begin, changing
from handlers.kafka.refusals import bad_request

NOUN = "streaming_clusters"
PUBLIC = ("DISABLED", "SERVICE_PROVIDED_EIPS")


async def update_connectivity(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Turn public access, or connections from other networks, on or off."""
    asked = params.get("ConnectivityInfo") or {}
    if params.get("ZookeeperAccess"):
        raise bad_request("ZookeeperAccess is not emulated.", "zookeeperAccess")
    if (asked.get("NetworkType") or "IPV4") != "IPV4":
        raise bad_request("Clusters here have IPv4 addresses alone.", "networkType")
    if not asked.get("PublicAccess") and not asked.get("VpcConnectivity"):
        raise bad_request("The request does not include any updates.", "connectivityInfo")
    async with ctx.db.transaction():
        row = await changing(ctx, params)
        before = cluster_view.connectivity(row)
        after = dict(before)
        if asked.get("PublicAccess"):
            after["PublicAccess"] = {"Type": _public(row, asked["PublicAccess"].get("Type"))}
        if asked.get("VpcConnectivity"):
            after["VpcConnectivity"] = _private(row, asked["VpcConnectivity"])
        if after == before:
            raise bad_request("The request does not include any updates.", "connectivityInfo")
        settings = {**row["settings"], "ConnectivityInfo": after}
        told = ({"ConnectivityInfo": before}, {"ConnectivityInfo": after})
        return await begin(ctx, row, "UPDATE_CONNECTIVITY", {"settings": settings}, *told)


def _public(row: Any, kind: str | None) -> str:
    """A type of public access, which needs clients that say who they are."""
    if kind not in PUBLIC:
        raise bad_request(f"Public access must be one of {', '.join(PUBLIC)}.", "publicAccess")
    authentication = cluster_view.provisioned_authentication(row)
    transit = cluster_view.provisioned(row)["EncryptionInfo"]["EncryptionInTransit"]
    anybody = (authentication.get("Unauthenticated") or {}).get("Enabled")
    if kind != "DISABLED" and (anybody or transit["ClientBroker"] != "TLS"):
        raise bad_request(
            "Public access needs unauthenticated access to be off and encryption between clients"
            " and brokers to be TLS.",
            "publicAccess",
        )
    return kind


def _private(row: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Connections from other networks, each by a scheme that the cluster has itself."""
    wanted, own = (
        cluster_view.schemes_of(asked.get("ClientAuthentication") or {}),
        cluster_view.schemes(row),
    )
    if any(wanted.values()) and row["instance_type"] == "kafka.t3.small":
        raise bad_request(
            "Multi-VPC private connectivity is not supported for the instance type of the cluster.",
            "vpcConnectivity",
        )
    missing = [name for name, is_on in wanted.items() if is_on and not own[name]]
    if missing:
        raise bad_request(
            "Multi-VPC private connectivity can only be turned on for authentication schemes that"
            f" are enabled on the cluster: {', '.join(name.upper() for name in missing)} is not.",
            "vpcConnectivity",
        )
    return cluster_view.vpc_connectivity(wanted)
