"""The windows in which ElastiCache takes snapshots and maintains, as expressions over a row.

Whoever chooses none gets one that AWS draws: here it follows from the identifier. `{0}` is the
alias of the row of cache_clusters.
"""


def _drawn(part: str, bound: int) -> str:
    return f"(('x' || substr(md5({{0}}.identifier || '{part}'), 1, 4))::bit(16)::int % {bound})"


_START = f"(time '00:00' + {_drawn('snapshot', 16)} * interval '30 minutes')"
SNAPSHOT = (
    f"coalesce({{0}}.preferred_snapshot_window, to_char({_START}, 'HH24:MI') || '-'"
    f" || to_char({_START} + interval '1 hour', 'HH24:MI'))"
)
_DAY = f"((array['mon','tue','wed','thu','fri','sat','sun'])[{_drawn('day', 7)} + 1])"
_HOUR = f"(time '08:00' + {_drawn('hour', 8)} * interval '1 hour')"
MAINTENANCE = (
    f"coalesce({{0}}.preferred_maintenance_window, {_DAY} || ':' || to_char({_HOUR}, 'HH24:MI')"
    f" || '-' || {_DAY} || ':' || to_char({_HOUR} + interval '1 hour', 'HH24:MI'))"
)
