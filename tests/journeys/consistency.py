"""Questions to a whole database whose answers must be empty, whatever happened to it."""

from typing import Any

TAGS = """
with sides as (
    select r.account_id, 'volume' as kind, r.volume_id as id, t.key, t.value
      from volumes r, jsonb_each_text(r.tags) t
    union all
    select r.account_id, 'instance', r.instance_id, t.key, t.value
      from instances r, jsonb_each_text(r.tags) t
    union all
    select r.account_id, 'snapshot', r.snapshot_id, t.key, t.value
      from snapshots r, jsonb_each_text(r.tags) t
), rows as (
    select account_id, resource_type as kind, resource_id as id, key, value from resource_tags
     where resource_type in ('volume', 'instance', 'snapshot')
)
(select 'column only' as side, * from sides except select 'column only', * from rows)
union all (select 'table only', * from rows except select 'table only', * from sides)"""

# Every volume that was made through the API has one event that says so, and one where it ended.
LIVES = """
select resource_id, count(*) filter (where new_value = 'created') as made,
       count(*) filter (where new_value = 'deleted') as ended,
       bool_or(v.volume_id is not null) as lives
  from resource_change_events e left join volumes v on v.volume_id = e.resource_id
 where e.resource_type = 'volume' and e.field_name = 'lifecycle' and e.change_source = 'agent'
 group by resource_id
having count(*) filter (where new_value = 'created') <> 1
    or (count(*) filter (where new_value = 'deleted') = 0) <> bool_or(v.volume_id is not null)
    or count(*) filter (where new_value = 'deleted') > 1"""

# The newest event of an instance's state tells the state that it has.
STATES = """
select i.instance_id, i.state, e.new_value
  from instances i cross join lateral (
       select new_value from resource_change_events
        where resource_type = 'instance' and resource_id = i.instance_id and field_name = 'state'
          and change_source = 'agent'
        order by changed_at desc limit 1) e
 where i.state <> e.new_value"""

# Days without a gap up to the virtual date, in every table of daily rows; no day but these.
DAYS = """
with days as (
    select account_id, date from metrics_daily group by 1, 2
), spans as (
    select account_id, count(*) as days, min(date) as first, max(date) as newest
      from days group by 1
)
select s.*, c.virtual_date, c.ticks from spans s
  join virtual_clocks c on c.account_id = s.account_id
 where s.newest <> c.virtual_date or s.days <> s.newest - s.first + 1 or s.days <> c.ticks"""

# A resource that lives through two days has a row on both: no day is half written.
HALVES = """
select m.resource_type, m.resource_id, m.date from metrics_daily m
  join virtual_clocks c on c.account_id = m.account_id
  join volumes v on v.volume_id = m.resource_id
 where m.resource_type = 'volume' and m.date < c.virtual_date
   and not exists (select from metrics_daily n
                    where n.resource_type = 'volume' and n.resource_id = m.resource_id
                      and n.date = m.date + 1)"""

USAGE = """
select 's3' as what, b.id, max(u.date) as newest, c.virtual_date
  from s3_bucket_usage_daily u join s3_buckets b on b.id = u.bucket_id
  join virtual_clocks c on c.account_id = b.account_id
 group by b.id, c.virtual_date having max(u.date) <> c.virtual_date
union all
select 'log', g.id, max(u.date), c.virtual_date
  from log_group_usage_daily u join log_groups g on g.id = u.log_group_id
  join virtual_clocks c on c.account_id = g.account_id
 group by g.id, c.virtual_date having max(u.date) <> c.virtual_date"""

QUESTIONS = {
    "tags": TAGS,
    "lives": LIVES,
    "states": STATES,
    "days": DAYS,
    "halves": HALVES,
    "usage": USAGE,
}


async def contradictions(database: Any) -> dict[str, list[Any]]:
    """The questions whose answers are not empty, with the first rows of these."""
    found = {}
    for name, question in QUESTIONS.items():
        rows = await database.fetch(question)
        if rows:
            found[name] = [dict(row) for row in rows[:5]]
    return found
