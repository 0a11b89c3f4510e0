"""Tags as MSK takes and words them."""

from emulator.tags import TagRules

# https://docs.aws.amazon.com/msk/latest/developerguide/msk-tagging.html
RULES = TagRules(code="BadRequestException")
