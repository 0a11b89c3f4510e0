"""Names and ARNs as ECS takes them, and its refusals of those that mean nothing.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html and the errors
of the API model; wordings as the service answers them.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed
from emulator.tags import TagRules
from models import container_clusters

NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
RULES = TagRules(code="InvalidParameterException", key="key", value="value")
TAG_LIST = Computed(RULES.shown, "tags")


def invalid(message: str) -> AwsError:
    """The error of a parameter that is wrong."""
    return AwsError("InvalidParameterException", message)


def client(message: str) -> AwsError:
    """The error of a request that cannot be done."""
    return AwsError("ClientException", message)


def takes(ctx: Context) -> timedelta:
    """How long a change of state lasts."""
    return timedelta(seconds=ctx.server.settings.transition_seconds)


def page(ctx: Context, params: Mapping[str, Any], *, default: int = 100) -> pages.Page:
    """The page of a list that is asked for: `maxResults` behind `nextToken`, 100 at most."""
    size = params.get("maxResults")
    if size is not None and not 1 <= size <= 100:
        raise invalid("maxResults must be between 1 and 100.")
    return pages.page(
        ctx, params, token="nextToken", size="maxResults", default=default,  # noqa: S106
        invalid=lambda: invalid("Invalid token."),
    )  # fmt: skip


def own(ctx: Context, arn: str, kind: str) -> list[str] | None:
    """The names in an ARN of this account and region (`kind/…`); None for any other ARN."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[:3] != ["arn", "aws", "ecs"]:
        raise invalid(f"Invalid identifier: {arn}")
    head, *names = parts[5].split("/")
    if head != kind or not names:
        raise invalid(f"The specified identifier is not a {kind} identifier: {arn}")
    mine = parts[3] == ctx.region and parts[4] == ctx.principal.account_number
    return names if mine else None


def last(ctx: Context, given: str, kind: str) -> str:
    """The name of something given by name or ARN; "" when the ARN is somebody else's."""
    if not given.startswith("arn:"):
        return given
    names = own(ctx, given, kind)
    return names[-1] if names else ""


def cluster_name(ctx: Context, given: str | None) -> str:
    """The name of a cluster that is given by name or ARN, or not at all."""
    return last(ctx, given, "cluster") if given else "default"


async def cluster(ctx: Context, given: str | None, *, lock: bool = False) -> Any:
    """The ACTIVE cluster that is meant; ClusterNotFoundException when there is none."""
    name = cluster_name(ctx, given)
    row = await container_clusters.find(ctx.db, ctx.region, "ecs", name, lock=lock)
    if row is None or row["status"] != "ACTIVE":
        raise cluster_not_found()
    return row


def cluster_not_found() -> AwsError:
    """The error for a cluster that is not there."""
    return AwsError("ClusterNotFoundException", "Cluster not found.")


def service_not_found() -> AwsError:
    """The error for a service that is not there."""
    return AwsError("ServiceNotFoundException", "Service not found.")


def missing(arn: str) -> dict[str, str]:
    """What a list of descriptions says of something that is not there."""
    return {"arn": arn, "reason": "MISSING"}


def root(ctx: Context) -> str:
    """The ARN of the account itself."""
    return f"arn:aws:iam::{ctx.principal.account_number}:root"
