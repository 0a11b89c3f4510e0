"""Task definitions: registered, listed, described, deregistered, deleted.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html.
"""

from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.rows import Computed, Rows, View
from handlers.ecs import identifiers
from handlers.ecs.identifiers import NAME, RULES, client, invalid
from handlers.ecs.task_definition_input import checked
from models import task_definitions
from models.listing import Condition
from models.task_definitions import FAMILIES, LISTING, NEWEST_FIRST

MOST_DELETED = 10


async def register_task_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The next revision of a family."""
    family = params["family"]
    if not NAME.fullmatch(family):
        raise client("Invalid family name.")
    given = RULES.checked(params.get("tags"))
    made = checked(params)
    async with ctx.db.transaction():
        revision = await task_definitions.next_revision(ctx.db, ctx.region, family)
        row = {
            "arn": arn(ctx, "ecs", f"task-definition/{family}:{revision}"),
            "family": family,
            "revision": revision,
            "region": ctx.region,
            "status": "ACTIVE",
            "registered_by": ctx.principal.arn,
            "tags": given,
            "created_at": ctx.now,
            **made,
        }
        await task_definitions.insert(ctx.db, row)
    absent = {"deregistered_at": None, "delete_requested_at": None}
    return {"taskDefinition": VIEW.show(row | absent), "tags": RULES.shown(given)}


async def describe_task_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A revision, or the newest ACTIVE one of a family."""
    row = await find(ctx, params["taskDefinition"])
    if row is None:
        raise client("Unable to describe task definition.")
    tagged = "TAGS" in (params.get("include") or ())
    return {
        "taskDefinition": VIEW.show(row),
        "tags": RULES.shown(row["tags"]) if tagged else [],
    }


async def list_task_definitions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """ARNs of revisions by family, status and page, in either direction."""
    page = identifiers.page(ctx, params)
    where = [Condition("status", (params.get("status") or "ACTIVE",))]
    if params.get("familyPrefix"):
        where.append(Condition("family", (params["familyPrefix"],)))
    listing = NEWEST_FIRST if params.get("sort") == "DESC" else LISTING
    rows = await listing.page(ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch)
    shown, token = page.cut(rows, "position")
    return {"taskDefinitionArns": [row["arn"] for row in shown], "nextToken": token}


async def list_task_definition_families(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Names of families that begin with a prefix, by whether they have ACTIVE revisions."""
    page = identifiers.page(ctx, params)
    where = []
    if params.get("familyPrefix"):
        prefix = params["familyPrefix"].replace("\\", "\\\\").replace("_", "\\_")
        where.append(Condition("family", patterns=(prefix.replace("%", "\\%") + "%",)))
    status = params.get("status") or "ALL"
    if status != "ALL":
        where.append(Condition("any_active", (status == "ACTIVE",)))
    rows = await FAMILIES.page(ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch)
    shown, token = page.cut(rows, "family")
    return {"families": [row["family"] for row in shown], "nextToken": token}


async def deregister_task_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make a revision INACTIVE; what runs of it goes on."""
    family, revision = named(ctx, params["taskDefinition"])
    if revision is None:
        raise invalid("Revision is missing.")
    async with ctx.db.transaction():
        row = await task_definitions.find(ctx.db, ctx.region, family, revision)
        if row is None:
            raise client("Unable to describe task definition.")
        if row["status"] == "ACTIVE":
            await task_definitions.deregister(ctx.db, row["arn"], ctx.now)
            row = await task_definitions.find(ctx.db, ctx.region, family, revision)
    return {"taskDefinition": VIEW.show(row)}


async def delete_task_definitions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete INACTIVE revisions, which are gone when nothing runs of them any more."""
    asked = list(dict.fromkeys(params["taskDefinitions"]))
    if not 1 <= len(asked) <= MOST_DELETED:
        raise invalid(f"Specify up to {MOST_DELETED} task definitions.")
    shown, failures = [], []
    async with ctx.db.transaction():
        for one in asked:
            family, revision = named(ctx, one)
            if revision is None:
                raise invalid("Revision is missing.")
            row = await task_definitions.find(ctx.db, ctx.region, family, revision)
            if row is None:
                failures.append(
                    _failure(
                        ctx,
                        one,
                        "TASK_DEFINITION_DOES_NOT_EXIST",
                        "The specified task definition does not exist.",
                    )
                )
            elif row["status"] == "ACTIVE":
                failures.append(
                    _failure(
                        ctx,
                        one,
                        "TASK_DEFINITION_ACTIVE",
                        "The specified task definition is still in ACTIVE status."
                        " Please deregister the target and try again.",
                    )
                )
            else:
                shown.append(row["arn"])
        await task_definitions.request_deletion(ctx.db, shown, ctx.now)
        where = [Condition("arn", tuple(shown))]
        rows = await LISTING.page(ctx.db, where, region=ctx.region)
    return {"taskDefinitions": Rows(VIEW, rows), "failures": failures}


def named(ctx: Context, given: str) -> tuple[str, int | None]:
    """Family and revision in `family`, `family:revision` or an ARN; an alien ARN has family ""."""
    name = identifiers.last(ctx, given, "task-definition")
    family, colon, number = name.partition(":")
    if colon and not number.isdigit():
        raise client(f"Invalid revision number. Number: {number}")
    return family, int(number) if number and len(number) < 10 else (0 if colon else None)


async def find(ctx: Context, given: str) -> Any | None:
    """The revision that is meant; None when there is none."""
    family, revision = named(ctx, given)
    return await task_definitions.find(ctx.db, ctx.region, family, revision)


async def usable(ctx: Context, given: str) -> Any:
    """The ACTIVE revision that is meant; ClientException when it is none."""
    row = await find(ctx, given)
    if row is None:
        raise client("TaskDefinition not found.")
    if row["status"] != "ACTIVE":
        raise client("TaskDefinition is inactive")
    return row


def _failure(ctx: Context, given: str, reason: str, detail: str) -> dict[str, str]:
    full = given if given.startswith("arn:") else arn(ctx, "ecs", f"task-definition/{given}")
    return {"arn": full, "reason": reason, "detail": detail}


def _part(name: str, empty: Any = None) -> Computed:
    return Computed(lambda definition: definition.get(name, empty), "definition")


def _containers(definition: dict[str, Any]) -> list[dict[str, Any]]:
    """Container definitions with the defaults that ECS puts in."""
    return [
        {
            "cpu": 0, "portMappings": [], "essential": True, "environment": [], "mountPoints": [],
            "volumesFrom": [], **one,
        }
        for one in definition["containerDefinitions"]
    ]  # fmt: skip


def _attributes(definition: dict[str, Any]) -> list[dict[str, str]]:
    """What a container instance must be able to do, of what the definition needs."""
    found = ["com.amazonaws.ecs.capability.docker-remote-api.1.18"]
    for one in definition["containerDefinitions"]:
        driver = (one.get("logConfiguration") or {}).get("logDriver")
        if driver:
            found.append(f"com.amazonaws.ecs.capability.logging-driver.{driver}")
        if ".dkr.ecr." in (one.get("image") or ""):
            found.append("com.amazonaws.ecs.capability.ecr-auth")
    if definition.get("taskRoleArn"):
        found.append("com.amazonaws.ecs.capability.task-iam-role")
    if definition.get("executionRoleArn"):
        found.append("ecs.capability.execution-role-awslogs")
    return [{"name": name} for name in dict.fromkeys(found)]


VIEW = View(
    {
        "taskDefinitionArn": "arn",
        "containerDefinitions": Computed(_containers, "definition"),
        "family": "family",
        "taskRoleArn": _part("taskRoleArn"),
        "executionRoleArn": _part("executionRoleArn"),
        "networkMode": "network_mode",
        "revision": "revision",
        "volumes": _part("volumes", []),
        "status": "status",
        "requiresAttributes": Computed(_attributes, "definition"),
        "placementConstraints": _part("placementConstraints", []),
        "compatibilities": "compatibilities",
        "runtimePlatform": _part("runtimePlatform"),
        "requiresCompatibilities": _part("requiresCompatibilities"),
        "cpu": "cpu",
        "memory": "memory",
        "pidMode": _part("pidMode"),
        "ipcMode": _part("ipcMode"),
        "proxyConfiguration": _part("proxyConfiguration"),
        "registeredAt": "created_at",
        "deregisteredAt": "deregistered_at",
        "deleteRequestedAt": "delete_requested_at",
        "registeredBy": "registered_by",
        "ephemeralStorage": _part("ephemeralStorage"),
        "enableFaultInjection": _part("enableFaultInjection"),
    }
)
