"""Tags as requests carry them: read, held to AWS's limits, and shown.

The limits are common (https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html);
which error tells of a breach is the service's own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import models.tags
from emulator.errors import AwsError
from models.tags import MOST_TAGS

LONGEST_KEY, LONGEST_VALUE = 128, 256


@dataclass(frozen=True, slots=True)
class TagRules:
    """How a service spells tags and words its refusals.

    `key` and `value` are the members of one tag, where tags come as a list; `code` is the error
    of a bad tag and `too_many` that of a tag beyond `most`; keys that begin with a `reserved`
    prefix, in any case of letters, are AWS's own.
    """

    code: str = "InvalidParameterValue"
    too_many: str = ""
    key: str = "Key"
    value: str = "Value"
    most: int = MOST_TAGS
    reserved: tuple[str, ...] = ("aws:",)

    def checked(
        self, tags: Iterable[Mapping[str, Any]] | Mapping[str, str] | None
    ) -> dict[str, str]:
        """The tags of a request, a list or a map, by key; the last value of a key counts."""
        found: dict[str, str] = {}
        for key, value in self._pairs(tags or ()):
            if not key or len(key) > LONGEST_KEY:
                raise self._refusal(f"Tag keys must have 1 to {LONGEST_KEY} characters.")
            if key.lower().startswith(self.reserved):
                prefixes = " or ".join(self.reserved)
                raise self._refusal(f"Tag keys cannot start with the reserved prefix {prefixes}.")
            if len(value) > LONGEST_VALUE:
                raise self._refusal(f"Tag values can have at most {LONGEST_VALUE} characters.")
            found[key] = value
        if len(found) > self.most:
            raise self.too_many_tags()
        return found

    def shown(self, tags: Mapping[str, str] | None) -> list[dict[str, str]]:
        """Tags as a list of structures, by key."""
        return [{self.key: key, self.value: tags[key]} for key in sorted(tags)] if tags else []

    async def put(
        self, db: Any, resource_type: str, resource_id: str, tags: Mapping[str, str]
    ) -> None:
        """Put checked tags on a resource, over what it has of the same keys."""
        if not await models.tags.merge(db, resource_type, resource_id, tags, self.most):
            raise self.too_many_tags()

    def too_many_tags(self) -> AwsError:
        """The refusal of more tags than a resource may have."""
        message = f"A resource can have at most {self.most} tags."
        return AwsError(self.too_many or self.code, message)

    def _pairs(
        self, tags: Iterable[Mapping[str, Any]] | Mapping[str, str]
    ) -> Iterable[tuple[str, str]]:
        if isinstance(tags, Mapping):
            return tags.items()
        return [(tag.get(self.key) or "", tag.get(self.value) or "") for tag in tags]

    def _refusal(self, message: str) -> AwsError:
        return AwsError(self.code, message)
