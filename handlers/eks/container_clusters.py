"""Clusters: created, described, changed, upgraded, deleted.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html.
"""

import base64
import hashlib
import re
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, View, When
from handlers.eks import cluster_updates, identifiers
from handlers.eks.cluster_input import NETWORK, created, network_changes, options
from handlers.eks.identifiers import RULES, in_use, invalid, transition
from models import cluster_parts, container_clusters, eks_versions, launches, node_groups, tags
from models.container_clusters import EKS_NAMES
from models.eks_versions import control_plane_hourly
from models.listing import Condition

KMS_KEY = re.compile(r"arn:aws:kms:[a-z0-9-]+:\d{12}:(key|alias)/.+")


async def list_clusters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The names of the region's clusters."""
    page = identifiers.page(ctx, params)
    rows = await EKS_NAMES.page(ctx.db, region=ctx.region, after=page.after, limit=page.fetch)
    shown, token = page.cut(rows, "name")
    return {"clusters": [row["name"] for row in shown], "nextToken": token}


async def describe_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One cluster."""
    return {"cluster": VIEW.show(await identifiers.cluster(ctx, params["name"]))}


async def create_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A control plane without nodes; it is billed from now on."""
    name = params["name"]
    given = RULES.checked(params.get("tags"))
    row = created(params) | await network_changes(ctx, params["resourcesVpcConfig"], new=True)
    version = _version(ctx, params.get("version"))
    hourly = control_plane_hourly(version.name, ctx.now.date(), ctx.region)
    row |= {
        "name": name,
        "arn": arn(ctx, "eks", f"cluster/{name}"),
        "region": ctx.region,
        "env": launches.environment(given),
        "orchestrator": "eks",
        "version": version.name,
        "created_at": ctx.now,
        "encryption_key_arn": _key(params.get("encryptionConfig") or ()),
        **container_clusters.costs(hourly),
        **transition(ctx, "CREATING"),
    }
    async with ctx.db.transaction():
        before = await container_clusters.find(ctx.db, ctx.region, "eks", name, lock=True)
        over = before and before["settles_at"] and before["settles_at"] <= ctx.now
        if before is not None and before["state_transition"] == "DELETING" and over:
            await container_clusters.delete(ctx.db, before["id"])
        if not await container_clusters.insert(ctx.db, row):
            raise in_use(f"Cluster already exists with name: {name}", clusterName=name)
        if given:
            await tags.merge(ctx.db, "container_cluster", row["arn"], given)
        made = await identifiers.cluster(ctx, name)
        await _let_in(ctx, made)
    return {"cluster": VIEW.show(made) | {"status": "CREATING"}}


async def update_cluster_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Upgrade a control plane by one minor version."""
    async with ctx.db.transaction():
        row = await identifiers.cluster(ctx, params["name"], lock=True, active=True)
        wanted, version = _version(ctx, params["version"]), eks_versions.find(row["version"])
        if version is not None and wanted.minor - version.minor != 1:
            raise invalid(
                f"Cluster is already at version {wanted.name}"
                if wanted == version
                else "Unsupported Kubernetes minor version update from"
                f" {version.name} to {wanted.name}",
                clusterName=row["name"],
            )
        hourly = control_plane_hourly(wanted.name, ctx.now.date(), ctx.region)
        changes = {"version": wanted.name, "control_plane_hourly_cost": hourly}
        await container_clusters.update(ctx.db, row["id"], changes | transition(ctx, "UPDATING"))
        await container_clusters.count_nodes(ctx.db, row["id"])
        values = {"Version": wanted.name, "PlatformVersion": wanted.platform}
        return {"update": await cluster_updates.started(ctx, row, "VersionUpdate", values)}


async def update_cluster_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change one thing of a cluster: endpoint or subnets, logging, access, support policy …"""
    async with ctx.db.transaction():
        row = await identifiers.cluster(ctx, params["name"], lock=True, active=True)
        kind, changes, values = options(params, row)
        if params.get("resourcesVpcConfig"):
            if kind:
                raise invalid("Only one type of update can be allowed.", clusterName=row["name"])
            given = params["resourcesVpcConfig"]
            changes = await network_changes(ctx, given, vpc_id=row["vpc_id"])
            if all(row[name] == value for name, value in changes.items()):
                raise invalid(
                    "Cluster is already at the desired configuration with endpointPrivateAccess:"
                    f" {_word(row['endpoint_private'])} , endpointPublicAccess:"
                    f" {_word(row['endpoint_public'])}, and Public Endpoint Restrictions:"
                    f" [{', '.join(row['public_access_cidrs'])}]",
                    clusterName=row["name"],
                )
            moved = {"subnet_ids", "security_group_ids"} & changes.keys()
            kind = "VpcConfigUpdate" if moved else "EndpointAccessUpdate"
            values = {NETWORK[name]: _text(value) for name, value in changes.items()
                      if name in NETWORK}  # fmt: skip
        if not kind:
            raise invalid("No changes were given.", clusterName=row["name"])
        await container_clusters.update(ctx.db, row["id"], changes | transition(ctx, "UPDATING"))
        return {"update": await cluster_updates.started(ctx, row, kind, values)}


async def associate_encryption_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Encrypt a cluster's secrets with a key; that is never undone."""
    async with ctx.db.transaction():
        row = await identifiers.cluster(ctx, params["clusterName"], lock=True, active=True)
        if row["encryption_key_arn"]:
            raise invalid("Encryption is already enabled on the cluster", clusterName=row["name"])
        key = _key(params["encryptionConfig"])
        changes = {"encryption_key_arn": key} | transition(ctx, "UPDATING")
        await container_clusters.update(ctx.db, row["id"], changes)
        shown = f'[{{"resources":["secrets"],"provider":{{"keyArn":"{key}"}}}}]'
        values = {"EncryptionConfig": shown}
        update = await cluster_updates.started(ctx, row, "AssociateEncryptionConfig", values)
    return {"update": update}


async def delete_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a cluster without node groups and Fargate profiles."""
    async with ctx.db.transaction():
        row = await identifiers.cluster(ctx, params["name"], lock=True)
        if row["deletion_protection"]:
            raise AwsError(
                "InvalidRequestException",
                f"Cannot delete cluster {row['name']} because deletion protection is enabled.",
                clusterName=row["name"],
            )
        here = [Condition("cluster", (row["name"],))]
        for listing, what in ((node_groups.LISTING, "nodegroups"),
                              (cluster_parts.FARGATE_PROFILES, "Fargate profiles")):  # fmt: skip
            if await listing.page(ctx.db, here, region=ctx.region, limit=1):
                raise in_use(f"Cluster has {what} attached", clusterName=row["name"])
        changes = transition(ctx, "DELETING")
        if changes["settles_at"]:
            await container_clusters.update(ctx.db, row["id"], changes)
        else:
            await container_clusters.delete(ctx.db, row["id"])
    return {"cluster": VIEW.show(row) | {"status": "DELETING"}}


async def _let_in(ctx: Context, row: Any) -> None:
    """Give the creator of a cluster an access entry, as EKS does."""
    from handlers.eks.cluster_access_entries import entry

    if row["authentication_mode"] != "CONFIG_MAP":
        made = entry(ctx, row, ctx.principal.arn, {})
        await cluster_parts.insert(ctx.db, "cluster_access_entries", made)


def _version(ctx: Context, name: str | None) -> eks_versions.Version:
    today = ctx.now.date()
    if not name:
        return eks_versions.default(today)
    found = eks_versions.find(name)
    if found is None or found not in eks_versions.offered(today):
        raise invalid("unsupported Kubernetes version")
    return found


def _key(config: Any) -> str | None:
    for one in config:
        key = (one.get("provider") or {}).get("keyArn") or ""
        if one.get("resources") != ["secrets"]:
            raise invalid("The resources of encryptionConfig must be secrets.")
        if not KMS_KEY.fullmatch(key):
            raise invalid("The keyArn for encryptionConfig is invalid.")
        return str(key)
    return None


def _word(value: bool) -> str:
    return "true" if value else "false"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _word(value)
    return '["' + '","'.join(value) + '"]'


def _digits(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest().upper()


def _endpoint(cluster_arn: str, region: str) -> str:
    key = _digits(cluster_arn)
    return f"https://{key}.gr{int(key[0], 16) % 7 + 1}.{region}.eks.amazonaws.com"


def _authority(cluster_arn: str) -> str:
    """A certificate's text as base64: what it is made of belongs to no key."""
    body = base64.b64encode(_digits(cluster_arn).encode() * 20).decode()
    text = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
    return base64.b64encode(text.encode()).decode()


def _logging(types: list[str]) -> list[dict[str, Any]]:
    every = ("api", "audit", "authenticator", "controllerManager", "scheduler")
    off = [one for one in every if one not in types]
    found = [{"types": [one for one in every if one in types], "enabled": True}] if types else []
    return found + ([{"types": off, "enabled": False}] if off else [])


def _platform(version: str | None) -> str:
    found = eks_versions.find(version or "")
    return found.platform if found else "eks.1"


VIEW = View(
    {
        "name": "name",
        "arn": "arn",
        "createdAt": "created_at",
        "version": "version",
        "endpoint": Computed(_endpoint, "arn", "region"),
        "roleArn": "role_arn",
        "resourcesVpcConfig": {
            "subnetIds": "subnet_ids",
            "securityGroupIds": "security_group_ids",
            "clusterSecurityGroupId": "cluster_security_group_id",
            "vpcId": "vpc_id",
            "endpointPublicAccess": "endpoint_public",
            "endpointPrivateAccess": "endpoint_private",
            "publicAccessCidrs": "public_access_cidrs",
        },
        "kubernetesNetworkConfig": Computed(
            lambda cidr: {
                "serviceIpv4Cidr": cidr,
                "ipFamily": "ipv4",
                "elasticLoadBalancing": {"enabled": False},
            },
            "service_cidr",
        ),
        "logging": Computed(lambda types: {"clusterLogging": _logging(types)}, "log_types"),
        "identity": Computed(
            lambda key, region: {
                "oidc": {"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{_digits(key)}"}
            },
            "arn",
            "region",
        ),
        "status": "status",
        "certificateAuthority": Computed(lambda key: {"data": _authority(key)}, "arn"),
        "platformVersion": Computed(_platform, "version"),
        "tags": Computed(lambda tags: tags or {}, "tags"),
        "encryptionConfig": When(
            "encryption_key_arn",
            Computed(
                lambda key: [{"resources": ["secrets"], "provider": {"keyArn": key}}],
                "encryption_key_arn",
            ),
        ),
        "health": Computed(lambda _: {"issues": []}, "arn"),
        "accessConfig": {"authenticationMode": "authentication_mode"},
        "upgradePolicy": {"supportType": "support_type"},
        "zonalShiftConfig": When("zonal_shift", {"enabled": "zonal_shift"}),
        "deletionProtection": "deletion_protection",
    }
)
