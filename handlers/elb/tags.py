"""Tags as classic load balancing takes them."""

from collections.abc import Mapping
from typing import Any

from emulator.errors import AwsError
from emulator.tags import TagRules

RULES = TagRules(code="ValidationError", too_many="TooManyTags")


def given(params: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a request, none of them twice."""
    keys = [one.get("Key") for one in params.get("Tags") or ()]
    if len(set(keys)) < len(keys):
        raise AwsError("DuplicateTagKeys", "Tag keys must be unique")
    return RULES.checked(params.get("Tags"))
