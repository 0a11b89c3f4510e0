"""Schedule expressions: rate(…) and cron(…), told from what is neither.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import re

_RATE = re.compile(r"rate\((\d{1,9}) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# Least and greatest value, and names of values from the least on.
_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []), (0, 23, []), (1, 31, []), (1, 12, _MONTHS), (1, 7, _DAYS), (1970, 2199, []),
)  # fmt: skip
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4


def is_valid(expression: str) -> bool:
    """Whether EventBridge takes this for a schedule."""
    rate = _RATE.fullmatch(expression)
    if rate is not None:
        count = int(rate[1])
        return count > 0 and (count == 1) == (not rate[3])
    cron = _CRON.fullmatch(expression)
    if cron is None:
        return False
    fields = cron.groups()
    # exactly one of the two days is left open
    if (fields[_DAY_OF_MONTH] == "?") == (fields[_DAY_OF_WEEK] == "?"):
        return False
    return all(_is_field(at, text) for at, text in enumerate(fields))


def _is_field(at: int, text: str) -> bool:
    if text == "?":
        return at in (_DAY_OF_MONTH, _DAY_OF_WEEK)
    return all(_is_part(at, part) for part in text.split(","))


def _is_part(at: int, text: str) -> bool:
    if at == _DAY_OF_MONTH:
        if text in ("L", "LW"):
            return True
        if text.endswith("W"):
            return _is_value(at, text[:-1])
    if at == _DAY_OF_WEEK:
        if text.endswith("L"):
            return text == "L" or _is_value(at, text[:-1])
        day, hash_sign, week = text.partition("#")
        if hash_sign:
            return _is_value(at, day) and week in "12345" and len(week) == 1
    span, slash, step = text.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    first, dash, last = span.partition("-")
    if dash:
        return _is_value(at, first) and _is_value(at, last)
    return span == "*" or _is_value(at, span)


def _is_value(at: int, text: str) -> bool:
    least, most, names = _FIELDS[at]
    if text.isascii() and text.isdigit() and len(text) <= 4:
        return least <= int(text) <= most
    return text.upper() in names
