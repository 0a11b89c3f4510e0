"""Worsening: the steps by which waste grows, which scenarios' `worsen` choose among.

Each step is small, has an end beyond which it goes no further, and leaves the row's own costs as
`models.costs` has them: what truth says it saves follows with the tick that it is a part of.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from drift.capacities import capacity
from drift.day import LEVELS, Day, Happening
from drift.noise import text_hash

# What the account began with does not count.
_RECENT = """
SELECT count(*) FROM truth.labels l JOIN virtual_clocks k ON k.account_id = l.account_id
 WHERE l.account_id = $1 AND l.pattern = $2 AND l.until IS NULL AND l.decoy IS NULL
   AND l.since > $3::date - least(30, k.ticks - 2)::int"""
_MOST_VCPUS = 36
_SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "9xlarge")


async def again(
    day: Day,
    pattern: str,
    resource_id: str,
    happen: Callable[[Day], Awaitable[Happening | None]],
    *,
    most: int = 8,
) -> Happening | None:
    """It happens once more, to another resource: fewer than `most` times in thirty days."""
    if await day.connection.fetchval(_RECENT, day.account_id, pattern, day.date) >= most:
        return None
    other = replace(day, world=text_hash(f"again/{pattern}/{resource_id}", day.world))
    other.values |= {name: day.values[name] for name in ("types", "vcpus", "memory")}
    return await happen(other)


async def level(
    day: Day, kind: str, resource_id: str, name: str, *, most: float
) -> Happening | None:
    """A level of its profile, or one among the profile's `params`, rises by a fifth to four fifths."""
    more = 1.2 + 0.6 * day.noise(resource_id, "/more")
    now, change = name, f"{name} = least($5::float8, {name} * $4::float8)"
    if name not in LEVELS:
        now = f"(params ->> '{name}')::float8"
        change = f"params = params || jsonb_build_object('{name}', least($5::float8, {now} * $4::float8))"
    risen = await day.write(
        "resource_profiles",
        f"UPDATE resource_profiles SET {change} WHERE account_id = $1"
        f" AND resource_type = $2 AND resource_id = $3 AND {now} > 0 AND {now} < $5::float8",
        day.account_id, kind, resource_id, more, most,
    )  # fmt: skip
    return Happening(f"{resource_id} has more of it", ()) if risen else None


async def columns(
    day: Day, table: str, key: str, kind: str, row: Mapping[str, Any], values: Mapping[str, Any]
) -> Happening:
    """Columns of a row of a table are set; those that configure it are entered as changes."""
    names = list(values)
    places = ", ".join(f"{name} = ${at}" for at, name in enumerate(names, 3))
    identifier = str(row[key])
    await day.write(
        table,
        f"UPDATE {table} SET {places} WHERE account_id = $1 AND {key}::text = $2",
        day.account_id, identifier, *values.values(),
    )  # fmt: skip
    for name, value in values.items():
        if not isinstance(value, Decimal):
            await day.record(kind, identifier, name, str(row[name]), str(value))
    first = names[0]
    return Happening(f"{identifier} went from {row[first]} to {values[first]} ({first})", ())


async def one(day: Day, table: str, key: str, identifier: str) -> Any | None:
    """The row of a table by its id; None where it is gone."""
    return await day.connection.fetchrow(
        f"SELECT * FROM {table} WHERE account_id = $1 AND {key}::text = $2",
        day.account_id, identifier,
    )  # fmt: skip


# Its work grows with it: what it is busy to stays what it was.
_GROW = """
UPDATE resource_profiles SET load = load * $3::float8, memory_gib = memory_gib * $3::float8
 WHERE account_id = $1 AND resource_type = 'instance' AND resource_id = $2"""


async def machine(day: Day, instance_id: str) -> Happening | None:
    """An instance that has a little more to do is given the next larger size, as much too large."""
    from models.costs import gpu_count, gpu_hourly, instance_hourly

    row = await one(day, "instances", "instance_id", instance_id)
    if row is None or row["state"] != "running" or row["tenancy"] not in (None, "default"):
        return None
    size = larger(row["instance_type"])
    if size is None:
        return None
    hourly = instance_hourly(size, row["region"], platform=row["platform"] or "")
    more = capacity(size)[0] / capacity(row["instance_type"])[0]
    await day.write("resource_profiles", _GROW, day.account_id, instance_id, more)
    return await columns(day, "instances", "instance_id", "instance", row, {
        "instance_type": size, "hourly_cost": hourly, "gpu_hourly_cost": gpu_hourly(size, row["region"]),
        "gpu_count": gpu_count(size),
    })  # fmt: skip


def larger(name: str) -> str | None:
    """The next larger size of a type's family, of 36 vCPUs at most; None: there is none."""
    from models import instance_types

    own = instance_types.find(name)
    if own is None:
        return None
    family = (instance_types.find(f"{own.family.name}.{size}") for size in _SIZES)
    return next((one.name for one in family if one and own.vcpus < one.vcpus <= _MOST_VCPUS), None)


_GROUP = """
SELECT id, arn, name, region, min_size, max_size, desired_capacity FROM autoscaling_groups
 WHERE account_id = $1 AND arn = $2 AND status IS NULL AND desired_capacity BETWEEN 1 AND 19
   AND NOT 'Launch' = ANY (suspended_processes)"""


async def group(day: Day, pattern: str, arn: str, *, minimum: bool = False) -> Happening | None:
    """A group has two members more, some twenty at most, and so many at least with `minimum`."""
    from drift.days import autoscaling_groups

    row = await day.connection.fetchrow(_GROUP, day.account_id, arn)
    if row is None:
        return None
    wanted = row["desired_capacity"] + 2
    values = {"desired_capacity": wanted}
    if minimum:
        values["min_size"] = wanted
    if wanted > row["max_size"]:
        values["max_size"] = wanted
    happening = await columns(day, "autoscaling_groups", "arn", "autoscaling_group", row, values)
    label = f"{pattern}/more/{row['region']}/{row['name']}"
    await autoscaling_groups.start(day, row, 2, label)
    return happening


_ARRIVING = """
UPDATE resource_profiles SET params = params || jsonb_build_object('arriving_gb',
       coalesce((params ->> 'arriving_gb')::float8, 0) + 0.02 * stored_gib)
 WHERE account_id = $1 AND resource_type = 's3_bucket' AND resource_id = $2 AND stored_gib > 0
   AND coalesce((params ->> 'arriving_gb')::float8, 0) < 0.1 * stored_gib"""


async def exports(day: Day, bucket: str) -> Happening | None:
    """One job more writes into a bucket every day: a fiftieth of what it began with, five jobs at most."""
    written = await day.write("resource_profiles", _ARRIVING, day.account_id, bucket)
    return Happening(f"one job more writes into {bucket}", ()) if written else None
