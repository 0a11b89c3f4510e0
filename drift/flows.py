"""Flows: traffic that hangs on one resource, and the SQL that finds the needless ones.

A day's rows of data_transfer_daily that name a resource are written by drift/days/data_transfer.py
for as long as the resource is set up so that the traffic flows.
"""

_SYMPTOM = """
SELECT t.resource_id, avg(t.estimated_transfer_cost) * 730 / 24 AS saving
  FROM (SELECT max(date) AS date FROM data_transfer_daily
         WHERE account_id = $1 AND date <= $2::timestamptz::date) n
  JOIN data_transfer_daily t ON t.account_id = $1 AND t.resource_type = '{kind}'
       AND t.direction = '{direction}' AND t.date > n.date - 7 AND t.date <= n.date
 GROUP BY t.resource_id
HAVING bool_or(t.date = n.date) AND avg(t.estimated_transfer_cost) * 730 / 24 > {least}"""


def symptom(direction: str, resource_type: str, least: int) -> str:
    """SYMPTOM of flows that go on and cost more than `least` USD a month."""
    return _SYMPTOM.format(kind=resource_type, direction=direction, least=least)
