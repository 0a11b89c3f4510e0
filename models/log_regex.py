"""Regular expressions that a client brings, searched for in time linear in the text.

Python's own engine tries again and again where a text nearly matches: one expression could keep
the server for hours. This one follows all ways at once and remembers where each letter led.
Served: letters, `.`, classes, `\\d \\w \\s` and their opposites, groups, `|`, `* + ? {m,n}`, and
`^` and `$` anywhere.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

Test = Callable[[str], object]
States = frozenset[int]

LONGEST, MOST_STATES, _MOST_REMEMBERED, _MOST_COPIES = 256, 600, 5_000, 100
_DEEPEST = 5
_COUNT = re.compile(r"\{(\d{1,3})(?:(,)(\d{1,3})?)?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_STARTS, _ENDS = "^", "$"


class RegexError(ValueError):
    """An expression that is none, or asks for what is not served."""


@lru_cache(maxsize=512)
def compiled(source: str, *, any_case: bool = False) -> Callable[[str], bool]:
    """The function that tells whether an expression occurs in a text; RegexError."""
    if not source or len(source) > LONGEST:
        raise RegexError(f"a regular expression has 1 to {LONGEST} letters")
    return _Machine(source, re.IGNORECASE if any_case else 0).occurs_in


class _Machine:
    """States by number: each goes on freely, past an anchor, or with a letter that it takes."""

    def __init__(self, source: str, flags: int) -> None:
        self._source, self._at, self._flags, self._depth = source, 0, flags, 0
        self._free: list[list[int]] = []
        self._anchored: list[tuple[str, int] | None] = []
        self._letter: list[tuple[Test, int] | None] = []
        self._first, self._last = self._branches()
        if self._at < len(source):
            raise RegexError(f"unexpected {source[self._at]}")
        self._remembered: dict[tuple[States, str], States] = {}

    def occurs_in(self, text: str) -> bool:
        """Whether the expression occurs somewhere in a text."""
        begin = self._reached([self._first], _STARTS)
        again = self._reached([self._first], "")
        now = begin
        for letter in text:
            if self._last in now:
                return True
            following = self._remembered.get((now, letter))
            if following is None:
                following = self._follow(now, letter) | again
                if len(self._remembered) >= _MOST_REMEMBERED:
                    self._remembered.clear()
                self._remembered[now, letter] = following
            now = following
        ends = _ENDS if text else _STARTS + _ENDS
        return self._last in now or self._last in self._reached(now, ends)

    def _follow(self, states: States, letter: str) -> States:
        moves = (self._letter[state] for state in states)
        return self._reached([to for test, to in filter(None, moves) if test(letter)], "")

    def _reached(self, states: Iterable[int], anchors: str) -> States:
        found, waiting = set(), list(states)
        while waiting:
            state = waiting.pop()
            if state not in found:
                found.add(state)
                waiting += self._free[state]
                anchor = self._anchored[state]
                if anchor is not None and anchor[0] in anchors:
                    waiting.append(anchor[1])
        return frozenset(found)

    # Construction: a part is its first and its last state.

    def _state(self) -> int:
        if len(self._free) >= MOST_STATES:
            raise RegexError("the regular expression is too large")
        self._free.append([])
        self._anchored.append(None)
        self._letter.append(None)
        return len(self._free) - 1

    def _branches(self) -> tuple[int, int]:
        first, last = self._state(), self._state()
        while True:
            start, end = self._sequence()
            self._free[first].append(start)
            self._free[end].append(last)
            if self._source[self._at : self._at + 1] != "|":
                return first, last
            self._at += 1

    def _sequence(self) -> tuple[int, int]:
        first = last = self._state()
        while self._at < len(self._source) and self._source[self._at] not in "|)":
            begin = self._at
            least, most, after = self._counted()
            for number in range(max(least, most or least + 1, 1) if most != 0 else 0):
                self._at = begin
                start, end = self._atom()
                self._free[last].append(start)
                if number >= least:
                    self._free[start].append(end)
                if most is None and number >= least:
                    self._free[end].append(start)
                last = end
            self._at = after
        return first, last

    def _counted(self) -> tuple[int, int | None, int]:
        """How often the atom at hand occurs, and where what follows it begins."""
        begin, states = self._at, len(self._free)
        self._atom()
        del self._free[states:], self._anchored[states:], self._letter[states:]
        after, self._at = self._at, begin
        sign = self._source[after : after + 1]
        if sign and sign in "*+?":
            return (1 if sign == "+" else 0), (1 if sign == "?" else None), after + 1
        count = _COUNT.match(self._source, after)
        if count is None:
            return 1, 1, after
        least = int(count[1])
        most = least if not count[2] else (int(count[3]) if count[3] else None)
        if max(least, most or 0) > _MOST_COPIES or (most is not None and most < least):
            raise RegexError(f"{count[0]} is not supported")
        return least, most, count.end()

    def _atom(self) -> tuple[int, int]:
        letter = self._source[self._at]
        if letter in "*+?{":
            raise RegexError(f"nothing to repeat before {letter}")
        if letter == "(":
            self._at += 3 if self._source.startswith("(?:", self._at) else 1
            if self._source[self._at : self._at + 1] == "?":
                raise RegexError("this kind of group is not supported")
            self._depth += 1
            if self._depth > _DEEPEST:
                raise RegexError("the groups are nested too deeply")
            part = self._branches()
            self._depth -= 1
            if self._source[self._at : self._at + 1] != ")":
                raise RegexError("a parenthesis is not closed")
            self._at += 1
            return part
        first, last = self._state(), self._state()
        if letter in (_STARTS, _ENDS):
            self._anchored[first] = (letter, last)
            self._at += 1
        else:
            self._letter[first] = (self._test(), last)
        return first, last

    def _test(self) -> Test:
        """The test of one letter, by Python's own engine, which one letter cannot keep long."""
        text = self._source[self._at]
        if text == "[":
            found = _CLASS.match(self._source, self._at)
            if found is None:
                raise RegexError("a bracket is not closed")
            text = found[0]
        elif text == "\\":
            text = self._source[self._at : self._at + 2]
            if len(text) < 2 or text[1] in "123456789bBAZ":
                raise RegexError(f"{text} is not supported")
            if text[1] == "x":
                text = self._source[self._at : self._at + 4]
        self._at += len(text)
        try:
            return re.compile(text, self._flags | re.DOTALL).fullmatch
        except re.error as error:
            raise RegexError(str(error)) from None
