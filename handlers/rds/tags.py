"""Tags as RDS takes and shows them."""

from collections.abc import Mapping
from typing import Any

from emulator.rows import Each
from emulator.tags import TagRules

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html
RULES = TagRules(reserved=("aws:", "rds:"))
TAG_LIST = Each("tags", {"Key": "key", "Value": "value"})


def given(params: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a request that makes something."""
    return RULES.checked(params.get("Tags"))
