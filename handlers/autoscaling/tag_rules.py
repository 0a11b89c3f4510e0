"""Tags of groups: what a request may say of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from handlers.autoscaling.acting import invalid
from models.tags import MOST_TAGS

TYPE = "auto-scaling-group"


def checked(tags: Iterable[Mapping[str, Any]], group: str) -> tuple[dict[str, str], list[str]]:
    """The tags for one group, and the keys of those that pass to its members."""
    found: dict[str, str] = {}
    passed_on: list[str] = []
    for tag in tags:
        if tag.get("ResourceType") not in (None, TYPE):
            raise invalid(
                f"1 validation error detected: Value '{tag['ResourceType']}' at"
                " 'tags.resourceType' failed to satisfy constraint: Member must satisfy enum value"
                f" set: [{TYPE}]"
            )
        if tag.get("ResourceId") not in (None, group):
            raise invalid(f"The tag's resource {tag['ResourceId']} is not the group {group}.")
        key = tag.get("Key") or ""
        if key.lower().startswith("aws:"):
            raise invalid("Keys starting with 'aws:' are reserved for internal use.")
        found[key] = tag.get("Value") or ""
        if tag.get("PropagateAtLaunch"):
            passed_on.append(key)
    if len(found) > MOST_TAGS:
        raise invalid(f"A resource may have at most {MOST_TAGS} tags.")
    return found, passed_on
