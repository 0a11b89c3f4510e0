"""Scalable targets: registered, described, deregistered.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html.
Capacities can be registered of services that are emulated with something to scale: ECS services,
provisioned concurrency of Lambda, and readers of Aurora clusters.
"""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View
from emulator.tags import TagRules
from models import draws, scalable_capacities, scalable_targets, tags
from models.listing import Condition

RULES = TagRules(code="ValidationException", too_many="TooManyTagsException")
SUSPENSIONS = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)
MOST_A_PAGE = 50


async def register_scalable_target(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Register a capacity, or change what of it is registered and named."""
    namespace, resource = params["ServiceNamespace"], params["ResourceId"]
    dimension = params["ScalableDimension"]
    kind = dimension_of(namespace, dimension, resource)
    async with ctx.db.transaction():
        before = await scalable_targets.find_one(ctx.db, ctx.region, namespace, resource, dimension)
        row = _changed(ctx, params, before, kind)
        account = ctx.principal.account_id
        if await scalable_capacities.find(ctx.db, account, ctx.region, dimension, resource) is None:
            raise invalid(kind.missing.format(resource))
        if before is not None:
            if params.get("Tags"):
                raise invalid("Tags cannot be given for a target that is registered already.")
            await scalable_targets.update(ctx.db, before["id"], row)
            return {"ScalableTargetARN": before["arn"]}
        whole = arn(ctx, "application-autoscaling", f"scalable-target/{draws.uuid4().hex[:28]}")
        place = {"service_namespace": namespace, "resource_id": resource, "dimension": dimension}
        given = RULES.checked(params.get("Tags"))
        more = {"region": ctx.region, "arn": whole, "tags": given, "created_at": ctx.now}
        await scalable_targets.insert(ctx.db, {**place, **row, **more})
    return {"ScalableTargetARN": whole}


async def describe_scalable_targets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Targets of a service, by resource, dimension and page."""
    asked = page(ctx, params)
    where = [Condition("namespace", (params["ServiceNamespace"],))]
    if params.get("ResourceIds"):
        where.append(Condition("resource_id", tuple(params["ResourceIds"])))
    if params.get("ScalableDimension"):
        where.append(Condition("dimension", (params["ScalableDimension"],)))
    rows = await scalable_targets.TARGETS.page(
        ctx.db, where, region=ctx.region, after=asked.after, limit=asked.fetch
    )
    found, token = asked.cut(rows, "position")
    return {"ScalableTargets": Rows(VIEW, found), "NextToken": token}


async def deregister_scalable_target(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Deregister a capacity, with its policies and scheduled actions; it stays as it is."""
    async with ctx.db.transaction():
        await scalable_targets.delete(ctx.db, (await find(ctx, params))["id"])
    return {}


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a target."""
    return {"Tags": await tags.listed(ctx.db, "scalable_target", await _there(ctx, params))}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to a target, or overwrite the values of those it has."""
    given = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        whole = await _there(ctx, params)
        if not await tags.merge(ctx.db, "scalable_target", whole, given, RULES.most):
            raise AwsError(
                "TooManyTagsException", "A resource can have at most 50 tags.", ResourceName=whole
            )
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a target; what it does not have is not missed."""
    async with ctx.db.transaction():
        await tags.remove(ctx.db, "scalable_target", await _there(ctx, params), params["TagKeys"])
    return {}


# Parts that modules of the package share.


def invalid(message: str) -> AwsError:
    """ValidationException."""
    return AwsError("ValidationException", message)


def dimension_of(namespace: str, dimension: str, resource: str) -> scalable_capacities.Dimension:
    """What is known of a dimension that can be scaled here; its resource must be named rightly."""
    kind = scalable_capacities.DIMENSIONS.get(dimension)
    if dimension.partition(":")[0] != namespace:
        raise invalid("Unsupported service namespace, resource type or scalable dimension")
    if kind is None:
        raise invalid(f"The scalable dimension {dimension} is not supported by this emulator.")
    if kind.pattern.fullmatch(resource) is None:
        raise invalid("Unsupported service namespace, resource type or scalable dimension")
    return kind


def page(ctx: Context, params: Mapping[str, Any]) -> pages.Page:
    """The page asked for: 50 rows at most."""
    wanted = params.get("MaxResults")
    if wanted is not None and not 1 <= wanted <= MOST_A_PAGE:
        raise invalid(
            f"1 validation error detected: Value '{wanted}' at 'maxResults' failed to satisfy"
            f" constraint: Member must have value "
            + (
                "greater than or equal to 1"
                if wanted < 1
                else f"less than or equal to {MOST_A_PAGE}"
            )
        )
    return pages.page(
        ctx,
        params,
        default=MOST_A_PAGE,
        invalid=lambda: AwsError("InvalidNextTokenException", "The next token is invalid."),
    )


def absent(what: str, params: Mapping[str, Any]) -> AwsError:
    """ObjectNotFoundException; `what` is what there is none of, with its verb."""
    return AwsError(
        "ObjectNotFoundException",
        f"No {what} for service namespace: {params['ServiceNamespace']}, resource ID:"
        f" {params['ResourceId']}, scalable dimension: {params['ScalableDimension']}",
    )


async def find(ctx: Context, asked: Mapping[str, Any]) -> Any:
    """The target that a request names, held until the transaction ends."""
    row = await scalable_targets.find_one(
        ctx.db, ctx.region, asked["ServiceNamespace"], asked["ResourceId"],
        asked["ScalableDimension"],
    )  # fmt: skip
    if row is None:
        raise absent("scalable target registered", asked)
    return row


def conditions(params: Mapping[str, Any], names: str) -> list[Condition]:
    """The conditions that lists of policies, actions and activities share."""
    where = [Condition("namespace", (params["ServiceNamespace"],))]
    if params.get("ScalableDimension") and not params.get("ResourceId"):
        raise invalid("A ResourceId is required where a ScalableDimension is given.")
    for member, column in (("ResourceId", "resource_id"), ("ScalableDimension", "dimension")):
        if params.get(member):
            where.append(Condition(column, (params[member],)))
    if names and params.get(names):
        where.append(Condition("name", tuple(params[names])))
    return where


def _changed(
    ctx: Context, params: Mapping[str, Any], before: Any | None, kind: scalable_capacities.Dimension
) -> dict[str, Any]:
    bounds = dict(before) if before is not None else {}
    least = params.get("MinCapacity", bounds.get("min_capacity"))
    most = params.get("MaxCapacity", bounds.get("max_capacity"))
    if least is None or most is None:
        raise invalid(
            "You must specify both MinCapacity and MaxCapacity when registering a new scalable"
            " target."
        )
    suspended = dict(before["suspended"]) if before is not None else {}
    if params.get("SuspendedState"):
        suspended |= params["SuspendedState"]
    if least < 0 or most < 0:
        raise invalid("Minimum and maximum capacity cannot be negative.")
    if most < least:
        raise invalid("Maximum capacity cannot be less than minimum capacity.")
    role = (
        f"arn:aws:iam::{ctx.principal.account_number}:role/aws-service-role/"
        f"{kind.namespace}.application-autoscaling.amazonaws.com/"
        f"AWSServiceRoleForApplicationAutoScaling_{kind.role}"
    )
    # Where a service has a role of its own, AWS puts that in place of any other.
    return {
        "min_capacity": least,
        "max_capacity": most,
        "role_arn": role,
        "suspended": {name: value for name, value in suspended.items() if value},
    }


async def _there(ctx: Context, params: Mapping[str, Any]) -> str:
    whole: str = params["ResourceARN"]
    if not await scalable_targets.arn_exists(ctx.db, whole):
        raise AwsError(
            "ResourceNotFoundException",
            f"The specified resource doesn't exist: {whole}",
            ResourceName=whole,
        )
    return whole


VIEW = View(
    {
        "ServiceNamespace": "service_namespace",
        "ResourceId": "resource_id",
        "ScalableDimension": "dimension",
        "MinCapacity": "min_capacity",
        "MaxCapacity": "max_capacity",
        "RoleARN": "role_arn",
        "CreationTime": "created_at",
        "SuspendedState": Computed(
            lambda held: {name: bool(held.get(name)) for name in SUSPENSIONS}, "suspended"
        ),
        "ScalableTargetARN": "arn",
    }
)
