"""Service deployments: the roll-outs of a service, and what became of them.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html.
"""

from datetime import datetime
from typing import Any

from emulator.context import Context
from handlers.ecs import identifiers
from handlers.ecs.container_service_input import DEPLOYMENT
from handlers.ecs.container_service_view import number
from handlers.ecs.container_services import service_name
from handlers.ecs.identifiers import invalid
from models import container_services
from models.container_services import DEPLOYMENTS
from models.listing import Condition

NOUN = "container_services"

MOST = 20


async def list_service_deployments(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The deployments of a service, the newest first, by status, time and page."""
    page = identifiers.page(ctx, params, default=20)
    given = params["service"]
    cluster_given = params.get("cluster")
    if given.startswith("arn:") and not cluster_given:
        names = identifiers.own(ctx, given, "service")
        cluster_given = names[0] if names and len(names) > 1 else None
    cluster = await identifiers.cluster(ctx, cluster_given)
    name = service_name(ctx, given)
    service = await container_services.find(ctx.db, cluster["id"], name)
    if service is None:
        raise identifiers.service_not_found()
    rows = await DEPLOYMENTS.page(
        ctx.db,
        [Condition("cluster", (cluster["name"],)), Condition("service", (name,))],
        region=ctx.region,
    )
    times = params.get("createdAt") or {}
    chosen = [
        row
        for row in rows
        if _status(row) in (params.get("status") or (_status(row),))
        and _between(row["created_at"], times.get("after"), times.get("before"))
    ]
    shown, token = page.cut_items(sorted(chosen, key=_order), _order)
    return {
        "serviceDeployments": [
            {
                "serviceDeploymentArn": _arn(row),
                "serviceArn": row["service"],
                "clusterArn": row["cluster_arn"],
                "startedAt": row["created_at"],
                "createdAt": row["created_at"],
                "finishedAt": _finished(row),
                "targetServiceRevisionArn": _revision(row, row["id"]),
                "status": _status(row),
            }
            for row in shown
        ],
        "nextToken": token,
    }


async def describe_service_deployments(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Deployments by ARN."""
    asked = params["serviceDeploymentArns"]
    if not 1 <= len(asked) <= MOST:
        raise invalid(f"Specify 1 to {MOST} service deployment ARNs.")
    parsed = {one: identifiers.own(ctx, one, "service-deployment") for one in asked}
    services = {names[1] for names in parsed.values() if names and len(names) == 3}
    where = [Condition("service", tuple(services))]
    rows = {_arn(row): row for row in await DEPLOYMENTS.page(ctx.db, where, region=ctx.region)}
    return {
        "serviceDeployments": [_shown(rows[one]) for one in asked if one in rows],
        "failures": [identifiers.missing(one) for one in asked if one not in rows],
    }


def _shown(row: Any) -> dict[str, Any]:
    desired = row["placed"] if row["newest"] else row["desired_count"]
    running = 0 if row["rolling"] or not row["newest"] else row["placed"]
    shown: dict[str, Any] = {
        "serviceDeploymentArn": _arn(row),
        "serviceArn": row["service"],
        "clusterArn": row["cluster_arn"],
        "createdAt": row["created_at"],
        "startedAt": row["created_at"],
        "finishedAt": _finished(row),
        "updatedAt": _finished(row) or row["created_at"],
        "targetServiceRevision": {
            "arn": _revision(row, row["id"]),
            "requestedTaskCount": desired,
            "runningTaskCount": running,
            "pendingTaskCount": desired - running if row["rolling"] else 0,
        },
        "status": _status(row),
        "deploymentConfiguration": DEPLOYMENT,
    }
    if row["before_id"]:
        shown["sourceServiceRevisions"] = [
            {"arn": _revision(row, row["before_id"]), "requestedTaskCount": 0,
             "runningTaskCount": 0, "pendingTaskCount": 0}
        ]  # fmt: skip
    return shown


def _between(at: datetime, after: datetime | None, before: datetime | None) -> bool:
    return (after is None or at >= after) and (before is None or at <= before)


def _order(row: Any) -> str:
    """What sorts the newest first, as text."""
    return f"{10**11 - row['created_at'].timestamp():020.6f}/{row['id']}"


def _status(row: Any) -> str:
    return "IN_PROGRESS" if row["rolling"] else "SUCCESSFUL"


def _finished(row: Any) -> datetime | None:
    return None if row["rolling"] else row["settles_at"] or row["created_at"]


def _arn(row: Any) -> str:
    head, _, rest = row["service"].partition(":service/")
    return f"{head}:service-deployment/{rest}/{row['id'].hex[:21]}"


def _revision(row: Any, key: Any) -> str:
    head, _, rest = row["service"].partition(":service/")
    return f"{head}:service-revision/{rest}/{number(key)}"
