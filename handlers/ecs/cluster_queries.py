"""The cluster query language, as far as it chooses container instances.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html.
Comparisons (`==`, `in`) of the attributes below, joined by `and`.
"""

import re

from handlers.ecs.identifiers import invalid
from models.listing import Condition

NOUN = "container_nodes"

COLUMNS = {
    "attribute:ecs.instance-type": "instance_type",
    "attribute:ecs.ami-id": "image_id",
    "attribute:ecs.availability-zone": "zone",
    "ec2InstanceId": "instance_id",
    "agentConnected": "agent_connected",
}
_TERM = re.compile(r"\s*([\w:.-]+)\s*(==|in)\s*(\[[^\]]*\]|[^\s\[\]]+)\s*")


def conditions(expression: str) -> list[Condition]:
    """The conditions of an expression; InvalidParameterException for what is none."""
    found = []
    for term in re.split(r"\s+(?:and|&&)\s+", expression.strip()) if expression.strip() else ():
        match = _TERM.fullmatch(term)
        if match is None or match[1] not in COLUMNS:
            raise invalid(f"Invalid filter expression: {expression}")
        values = [one.strip() for one in match[3].strip("[]").split(",") if one.strip()]
        column = COLUMNS[match[1]]
        if column == "agent_connected":
            found.append(Condition(column, tuple(one == "true" for one in values)))
        else:
            found.append(Condition(column, tuple(values)))
    return found
