"""MSK clusters: made, described, listed, deleted, in both versions of the API.

Source: https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html and
https://docs.aws.amazon.com/MSK/2.0/APIReference/v2-clusters.html.
"""

import re
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.kafka import cluster_addresses, cluster_view
from handlers.kafka.cluster_choices import network, provisioned, serverless
from handlers.kafka.refusals import bad_request, not_found, page, takes
from handlers.kafka.tags import RULES
from models import draws, launches, streaming_clusters, streaming_kafka, tags
from models.listing import Condition

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,63}")


async def create_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new provisioned cluster."""
    made = await _create(ctx, params, params, None)
    return {"ClusterArn": made["arn"], "ClusterName": made["name"], "State": "CREATING"}


async def create_cluster_v2(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new cluster, provisioned or serverless."""
    given, free = params.get("Provisioned"), params.get("Serverless")
    if bool(given) == bool(free):
        raise bad_request("Either provisioned or serverless must be provided.", "provisioned")
    made = await _create(ctx, params, given, free)
    return {
        "ClusterArn": made["arn"],
        "ClusterName": made["name"],
        "State": "CREATING",
        "ClusterType": made["cluster_type"],
    }


async def describe_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A provisioned cluster."""
    row = await find(ctx, params["ClusterArn"])
    check_provisioned(row)
    return {"ClusterInfo": cluster_view.first(row)}


async def describe_cluster_v2(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A cluster of either type."""
    row = await find(ctx, params["ClusterArn"])
    return {"ClusterInfo": cluster_view.second(row)}


async def list_clusters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The provisioned clusters of the region."""
    shown, token = await _listed(ctx, params, "PROVISIONED")
    return {"ClusterInfoList": [cluster_view.first(row) for row in shown], "NextToken": token}


async def list_clusters_v2(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The clusters of the region."""
    kind = params.get("ClusterTypeFilter")
    if kind is not None and kind.upper() not in ("PROVISIONED", "SERVERLESS"):
        raise bad_request("The cluster type filter is not valid.", "clusterTypeFilter")
    shown, token = await _listed(ctx, params, kind.upper() if kind else None)
    return {"ClusterInfoList": [cluster_view.second(row) for row in shown], "NextToken": token}


async def delete_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a cluster with all that is in it."""
    async with ctx.db.transaction():
        row = await find(ctx, params["ClusterArn"], lock=True)
        version = params.get("CurrentVersion")
        if version:
            check_version(row, version)
        if row["status"] == "DELETING":
            raise bad_request("The cluster is being deleted already.", "clusterArn")
        await streaming_clusters.delete(ctx.db, ctx.region, row["arn"], ctx.now, takes(ctx))
    return {"ClusterArn": row["arn"], "State": "DELETING"}


async def get_bootstrap_brokers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Where clients connect first, for each way of connecting that is enabled."""
    row = await find(ctx, params["ClusterArn"])
    if row["status"] == "CREATING":
        raise AwsError(
            "ConflictException",
            "The cluster is in the CREATING state: its brokers have no addresses yet.",
            InvalidParameter="clusterArn",
        )
    if row["cluster_type"] == "SERVERLESS":
        address = cluster_addresses.brokers(row, cluster_addresses.IAM)
        return {"BootstrapBrokerStringSaslIam": address}
    shown = cluster_view.provisioned(row)
    transit = shown["EncryptionInfo"]["EncryptionInTransit"]["ClientBroker"]
    sasl = cluster_view.provisioned_authentication(row).get("Sasl") or {}
    ports = {
        "BootstrapBrokerString": (cluster_addresses.PLAINTEXT, transit != "TLS"),
        "BootstrapBrokerStringTls": (cluster_addresses.TLS, transit != "PLAINTEXT"),
        "BootstrapBrokerStringSaslScram": (cluster_addresses.SCRAM, _is_on(sasl.get("Scram"))),
        "BootstrapBrokerStringSaslIam": (cluster_addresses.IAM, _is_on(sasl.get("Iam"))),
    }
    inside = {
        name: cluster_addresses.brokers(row, port) for name, (port, is_on) in ports.items() if is_on
    }
    return inside | cluster_view.outside(row)


async def get_cluster_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Who else may use a cluster: nobody put a policy on it."""
    row = await find(ctx, params["ClusterArn"])
    raise not_found(f"No policy is attached to the cluster {row['arn']}.", "clusterArn")


async def find(ctx: Context, cluster_arn: str, *, lock: bool = False) -> Any:
    """The cluster of that ARN, held until the transaction ends if it is to change."""
    if not cluster_arn.startswith("arn:aws:kafka:") or ":cluster/" not in cluster_arn:
        raise bad_request("One or more of the parameters are not valid.", "clusterArn")
    if lock:
        await streaming_clusters.lock(ctx.db, ctx.region, cluster_arn)
    row = await streaming_clusters.find_kafka(ctx.db, ctx.region, cluster_arn)
    if row is None:
        raise not_found("The requested cluster does not exist.", "clusterArn")
    return row


def check_provisioned(row: Any) -> None:
    """Refuse a serverless cluster where only a provisioned one will do."""
    if row["cluster_type"] == "SERVERLESS":
        raise bad_request(
            "This operation cannot be performed on serverless clusters.", "clusterArn"
        )


def check_version(row: Any, version: str) -> None:
    """Refuse a change that was meant for another state of the cluster."""
    if version != streaming_kafka.current_version(row["arn"], row["revision"]):
        raise bad_request(
            "The version of the cluster is not current. Describe the cluster, and try again with"
            " its current version.",
            "currentVersion",
        )


async def _create(
    ctx: Context,
    params: dict[str, Any],
    given: dict[str, Any] | None,
    free: dict[str, Any] | None,
) -> dict[str, Any]:
    name = params["ClusterName"]
    if not _NAME.fullmatch(name):
        raise bad_request("The cluster name is not valid.", "clusterName")
    labels = RULES.checked(params.get("Tags"))
    key = draws.uuid4()
    async with ctx.db.transaction():
        row = {
            "id": key,
            "name": name,
            "engine": "msk",
            "region": ctx.region,
            "arn": arn(ctx, "kafka", f"cluster/{name}/{key}-{key.int % 25 + 1}"),
            "env": launches.environment(labels),
            "retention_hours": 168,
            "created_at": ctx.now,
            "updated_at": ctx.now,
            **streaming_clusters.transition("CREATING", ctx.now, takes(ctx)),
        }
        if given is not None:
            row |= await provisioned(ctx, given)
            row["settings"] |= await network(ctx, given["BrokerNodeGroupInfo"], row["broker_count"])
        else:
            row |= await serverless(ctx, free or {})
        if not await streaming_clusters.insert(ctx.db, row):
            raise AwsError(
                "ConflictException",
                f"A resource with the name {name} already exists.",
                InvalidParameter="clusterName",
            )
        if labels:
            await tags.merge(ctx.db, "streaming_cluster", row["arn"], labels)
    return row


async def _listed(ctx: Context, params: dict[str, Any], kind: str | None) -> Any:
    asked = page(ctx, params)
    where = [Condition("cluster_type", (kind,))] if kind else []
    prefix = params.get("ClusterNameFilter")
    if prefix:
        plain = re.sub(r"([\\%_])", r"\\\1", prefix)
        where.append(Condition("name", patterns=(f"{plain}%",)))
    rows = await streaming_clusters.KAFKA.page(
        ctx.db, where, region=ctx.region, after=asked.after, limit=asked.fetch
    )
    return asked.cut(rows, "arn")


def _is_on(way: dict[str, Any] | None) -> bool:
    return bool((way or {}).get("Enabled"))
