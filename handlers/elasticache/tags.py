"""Tags as ElastiCache takes and shows them."""

from collections.abc import Mapping
from typing import Any

from emulator.tags import TagRules

# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Tagging-Resources.html
RULES = TagRules(too_many="TagQuotaPerResourceExceeded")


def given(params: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a request that makes something."""
    return RULES.checked(params.get("Tags"))
