"""Tag specifications: the tags that a resource gets as it is made."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emulator.errors import AwsError
from emulator.tags import LONGEST_KEY, LONGEST_VALUE
from models.tags import MOST_TAGS


def tags_for(params: Mapping[str, Any], resource_type: str) -> dict[str, str]:
    """The tags that `TagSpecifications` gives to resources of one type.

    Limits: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html.
    """
    found: dict[str, str] = {}
    for one in params.get("TagSpecifications") or ():
        if one.get("ResourceType") == resource_type:
            found.update(checked(one.get("Tags") or ()))
    return found


def check_types(params: Mapping[str, Any], allowed: Sequence[str]) -> None:
    """Refuse tags for a kind of resource that the operation does not make."""
    for one in params.get("TagSpecifications") or ():
        if one.get("ResourceType") not in allowed:
            raise AwsError(
                "InvalidParameterValue",
                f"'{one.get('ResourceType')}' is not a valid taggable resource type for this"
                " operation.",
            )


def checked(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags as a mapping, within AWS's limits on their number, length and names."""
    found: dict[str, str] = {}
    for tag in tags:
        key, value = tag.get("Key") or "", tag.get("Value") or ""
        if not key:
            raise AwsError("InvalidParameterValue", "Tag key cannot be null or empty.")
        if key.lower().startswith("aws:"):
            raise AwsError(
                "InvalidParameterValue",
                f"Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are"
                " reserved for internal use",
            )
        if len(key) > LONGEST_KEY:
            raise AwsError(
                "InvalidParameterValue",
                f"Value ( {key} ) for parameter key is invalid. Tag key exceeds the maximum length"
                " of 128 characters",
            )
        if len(value) > LONGEST_VALUE:
            raise AwsError(
                "InvalidParameterValue",
                f"Value ( {value} ) for parameter value is invalid. Tag value exceeds the maximum"
                " length of 256 characters",
            )
        if key in found:
            raise AwsError("InvalidParameterValue", f"Duplicate tag key '{key}' specified.")
        found[key] = value
    if len(found) > MOST_TAGS:
        raise AwsError("TagLimitExceeded", "More than 50 tags specified")
    return found
