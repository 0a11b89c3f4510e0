"""Tags as RDS takes and shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.errors import AwsError
from emulator.rows import Each

MOST_TAGS, LONGEST_KEY, LONGEST_VALUE = 50, 128, 256
TAG_LIST = Each("tags", {"Key": "key", "Value": "value"})


def shown(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as a TagList."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def given(params: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a request that makes something."""
    return checked(params.get("Tags") or ())


def checked(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags as a mapping, within RDS's limits; the last value of a key counts.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html
    """
    found: dict[str, str] = {}
    for tag in tags:
        key, value = tag.get("Key") or "", tag.get("Value") or ""
        if not key or len(key) > LONGEST_KEY:
            raise AwsError(
                "InvalidParameterValue", f"Tag keys must be between 1 and {LONGEST_KEY} characters"
            )
        if key.lower().startswith(("aws:", "rds:")):
            raise AwsError(
                "InvalidParameterValue",
                "Tag keys cannot start with the reserved prefix aws: or rds:",
            )
        if len(value) > LONGEST_VALUE:
            raise AwsError(
                "InvalidParameterValue",
                f"Tag values cannot be longer than {LONGEST_VALUE} characters",
            )
        found[key] = value
    if len(found) > MOST_TAGS:
        raise AwsError("InvalidParameterValue", f"A resource can have at most {MOST_TAGS} tags")
    return found
