"""Who takes part in services that recommend, and how they are to judge."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.recommendations.evidence import THRESHOLDS, Scope
from models.recommendations.finding import Finding

COMPUTE_OPTIMIZER, HUB = "compute-optimizer", "cost-optimization-hub"
LOOK_BACKS = {"DAYS_14": 14, "DAYS_32": 32, "DAYS_93": 93}
# Enhanced infrastructure metrics look back for three months.
ENHANCED_DAYS = 93

_OWN = "(select driftcloud_account())"
_FIND = f"""
select a.account_number, coalesce(e.status, 'Active') as status,
       coalesce(e.include_members, false) as include_members,
       coalesce(e.preferences, '{{}}') as preferences,
       coalesce(e.updated_at, a.created_at) as updated_at, coalesce(e.created_at, a.created_at) as created_at
  from cloud_accounts a
  left join recommendation_enrollments e on e.account_id = a.id and e.service = $1
 where a.id = {_OWN}
"""  # noqa: E501 - the lines of SQL read better whole
_ENROL = """
insert into recommendation_enrollments (account_id, service, status, include_members, created_at)
values (driftcloud_account(), $1, $2, coalesce($3, false), $4)
on conflict (account_id, service) do update
   set status = excluded.status, include_members = coalesce($3, recommendation_enrollments.include_members)
"""  # noqa: E501
_PREFER = """
insert into recommendation_enrollments (account_id, service, preferences, created_at)
values (driftcloud_account(), $1, $2, $3)
on conflict (account_id, service) do update
   set preferences = recommendation_enrollments.preferences || excluded.preferences
"""
_PREFERENCES = f"""
select resource_type, scope_name, scope_value, settings, updated_at from recommendation_preferences
 where account_id = {_OWN} and resource_type = $1 and (scope_name = $2 or $2 is null)
   and (scope_value = $3 or $3 is null)
 order by scope_name, scope_value
"""
_PUT = """
insert into recommendation_preferences (account_id, resource_type, scope_name, scope_value,
    settings)
values (driftcloud_account(), $1, $2, $3, $4)
on conflict (account_id, resource_type, scope_name, scope_value) do update
   set settings = recommendation_preferences.settings || excluded.settings
"""
_DROP = f"""
update recommendation_preferences set settings = settings - $4::text[]
 where account_id = {_OWN} and resource_type = $1 and scope_name = $2 and scope_value = $3
returning settings
"""
_FORGET = f"""
delete from recommendation_preferences
 where account_id = {_OWN} and resource_type = $1 and settings = '{{}}'
"""


async def find(db: Any, service: str) -> Any:
    """The account's enrolment: account_number, status, include_members, preferences, updated_at."""
    return await db.fetchrow(_FIND, service)


async def enrol(db: Any, service: str, status: str, members: bool | None, now: Any) -> None:
    """Take part, or no longer."""
    await db.write(_ENROL, service, status, members, now)


async def prefer(db: Any, service: str, preferences: Mapping[str, Any], now: Any) -> None:
    """Keep preferences of an enrolment, beside those there are."""
    await db.write(_PREFER, service, dict(preferences), now)


async def preferences(
    db: Any, resource_type: str, scope: str | None = None, value: str | None = None
) -> list[Any]:
    """The preferences for a type's resources, of one scope or of all."""
    return list(await db.fetch(_PREFERENCES, resource_type, scope, value))


async def put(
    db: Any, resource_type: str, scope: str, value: str, settings: Mapping[str, Any]
) -> None:
    """Prefer something for a scope, beside what was preferred before."""
    await db.write(_PUT, resource_type, scope, value, dict(settings))


async def drop(db: Any, resource_type: str, scope: str, value: str, names: Sequence[str]) -> bool:
    """Prefer it no longer; False when nothing was preferred for the scope."""
    async with db.transaction():
        dropped = await db.write(_DROP, resource_type, scope, value, list(names))
        await db.write(_FORGET, resource_type)
    return bool(dropped)


def scope_of(base: Scope, settings: Mapping[str, Any]) -> Scope:
    """The scope of a question as preferences would have it judged."""
    days = LOOK_BACKS.get(settings.get("lookBackPeriod", ""), base.days)
    if settings.get("enhancedInfrastructureMetrics") == "Active":
        days = ENHANCED_DAYS
    found = replace(base, days=days)
    for one in settings.get("utilizationPreferences") or ():
        given = one.get("metricParameters") or {}
        headroom = int(given.get("headroom", "PERCENT_20").removeprefix("PERCENT_"))
        if one["metricName"] == "MemoryUtilization":
            found = replace(found, memory_headroom=headroom)
        else:
            threshold = THRESHOLDS.index(given.get("threshold", "P99_5"))
            found = replace(found, headroom=headroom, threshold=threshold)
    for one in settings.get("preferredResources") or ():
        found = replace(
            found,
            included=tuple(one.get("includeList") or ()),
            excluded=tuple(one.get("excludeList") or ()),
        )
    return found


async def judged(
    db: Any, finder: Any, resource_type: str, base: Scope
) -> list[tuple[Finding, Any]]:
    """A kind's findings, each with the settings by which it was judged.

    What is preferred for the account counts for all its resources, what is preferred for one
    resource comes before it.
    """
    rows = await preferences(db, resource_type)
    everywhere: dict[str, Any] = {}
    for row in sorted(rows, key=lambda one: one["scope_name"] == "AccountId"):
        if row["scope_name"] != "ResourceArn":
            everywhere.update(row["settings"])
    scope = scope_of(base, everywhere)
    found = {one.arn: (one, everywhere) for one in await finder.find(db, scope)}
    for row in rows:
        known = found.get(row["scope_value"]) if row["scope_name"] == "ResourceArn" else None
        if known is None:
            continue
        own = everywhere | row["settings"]
        one_scope = replace(scope_of(base, own), ids=(key_of(known[0]),))
        found.pop(row["scope_value"])
        found |= {one.arn: (one, own) for one in await finder.find(db, one_scope)}
    return [found[arn] for arn in sorted(found)]


def key_of(finding: Finding) -> str:
    """What a finder's `ids` call a resource."""
    return finding.arn if finding.kind == "autoscaling_group" else finding.id
