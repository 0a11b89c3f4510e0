"""Terms of commitments: from which day until which they are on the bill.

The bill of a virtual day is written before the API is asked anything on it, so that what is bought
counts, and is charged, from the next day on; its hours begin when it is bought.
"""

from datetime import date, datetime, timedelta

_DAYS = 365  # of a year; AWS counts leap years no further


def billed(start: datetime, now: datetime, term_months: int) -> tuple[date, date]:
    """The first day that a commitment from `start` on counts, and the first that it does not."""
    first = max(start.date(), now.date() + timedelta(days=1))
    return first, first + timedelta(days=_DAYS * term_months // 12)
