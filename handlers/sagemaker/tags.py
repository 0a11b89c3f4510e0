"""Tags as SageMaker takes and shows them."""

from collections.abc import Mapping
from typing import Any

from emulator.tags import TagRules

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AddTags.html
RULES = TagRules(code="ValidationException")


def given(params: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a request that makes something."""
    return RULES.checked(params.get("Tags"))
