"""Tags as EC2 shows them on a resource: a list, absent when there are none."""

from emulator.rows import Each, When

TAG_LIST = When("tags", Each("tags", {"Key": "key", "Value": "value"}))


def tag_list(tags: dict[str, str]) -> list[dict[str, str]] | None:
    """The same for tags in hand."""
    return [{"Key": key, "Value": value} for key, value in tags.items()] or None
