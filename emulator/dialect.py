"""A dialect: how one protocol writes the parts that rows are made of."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from emulator.api import Ref


class Dialect:
    """How a protocol writes the parts that generated functions are made of."""

    name: str
    separator: str
    quote: str
    """What stands around a string that needs no escaping."""
    environment: dict[str, Any]

    def is_clean(self, text: str) -> bool:
        """Whether a text is written as it is; may say no when it is."""
        raise NotImplementedError

    def wire_name(self, ref: Ref, member: str) -> str:
        """The name under which a structure's member stands."""
        raise NotImplementedError

    def list_name(self, ref: Ref, member: str) -> str:
        """The name that `Rows.text` is given for a list that is this member."""
        raise NotImplementedError

    def member(self, ref: Ref, name: str) -> Callable[[Any, timedelta], str]:
        """The function that writes a whole member, separator and name included."""
        raise NotImplementedError

    def around(self, ref: Ref, name: str) -> tuple[str, str]:
        """What stands before and after the text of a scalar or structure."""
        raise NotImplementedError

    def around_list(self, ref: Ref, name: str) -> tuple[str, str]:
        """What stands before and after the elements of a list."""
        raise NotImplementedError

    def around_item(self, ref: Ref, name: str) -> tuple[str, str]:
        """What stands before and after one element of a list."""
        raise NotImplementedError

    def empty_list(self, ref: Ref, name: str) -> str:
        """A whole list without elements."""
        raise NotImplementedError

    def leaf(self, ref: Ref, variable: str) -> str | None:
        """The expression for the text of a scalar that is not None; None: use `member`."""
        raise NotImplementedError


class Remembered:
    """Writes values that are no scalars; one that comes again as the same object is written once.

    What functions of columns give is therefore never changed afterwards.
    """

    __slots__ = ("_kept", "_write")
    _MOST = 4096

    def __init__(self, write: Callable[[Any, timedelta], str]) -> None:
        self._write = write
        self._kept: dict[int, tuple[Any, timedelta, str]] = {}

    def __call__(self, value: Any, shift: timedelta) -> str:
        """The text of a whole member."""
        kept = self._kept.get(id(value))
        if kept is not None and kept[0] is value and kept[1] == shift:
            return kept[2]
        text = self._write(value, shift)
        if len(self._kept) >= self._MOST:
            self._kept.clear()
        self._kept[id(value)] = (value, shift, text)
        return text
