"""The sizes of a group: what bounds its desired capacity."""

from collections.abc import Mapping
from typing import Any

from handlers.autoscaling.acting import invalid


def checked(params: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, int]:
    """The sizes after a request; a desired capacity that it does not name stays within bounds.

    `before` has the group's columns, with `desired_capacity` None for a new group.
    """
    least = params.get("MinSize", before["min_size"])
    most = params.get("MaxSize", before["max_size"])
    wanted = params.get("DesiredCapacity")
    for name, value in (("minSize", least), ("maxSize", most), ("desiredCapacity", wanted)):
        if value is not None and value < 0:
            raise invalid(
                f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy"
                " constraint: Member must have value greater than or equal to 0"
            )
    if most < least:
        raise invalid(f"Max bound, {most}, must be greater than or equal to min bound, {least}")
    if wanted is None:
        now = before["desired_capacity"]
        wanted = least if now is None else min(max(now, least), most)
    elif not least <= wanted <= most:
        raise invalid(
            f"Desired capacity:{wanted} must be between the specified min size:{least} and max"
            f" size:{most}"
        )
    return {"min_size": least, "max_size": most, "desired_capacity": wanted}
