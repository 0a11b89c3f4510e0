"""Tags as Kinesis takes and words them."""

from emulator.tags import TagRules

# https://docs.aws.amazon.com/streams/latest/dev/tagging.html
RULES = TagRules(code="InvalidArgumentException", too_many="LimitExceededException")
