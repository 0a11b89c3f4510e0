"""The load of databases, and what their machines do.

Source: https://docs.aws.amazon.com/performance-insights/latest/APIReference/API_GetResourceMetrics.html.
The figures are those that CloudWatch has of the database: load is the vCPUs that are busy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from models import instance_types, rds_instances
from models.listing import Condition
from models.metrics import series

NOUN = "rds_instances"
PERIODS = (1, 60, 300, 3600, 86_400)
MOST_QUERIES, MOST_POINTS = 15, 1440
STATISTICS = {"avg": "Average", "min": "Minimum", "max": "Maximum"}


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric: which one of CloudWatch it follows, and how it is described."""

    name: str
    factor: float
    description: str
    unit: str
    per_vcpu: bool = False
    statistics: tuple[str, ...] = ("avg", "min", "max")


MEASURES = {
    "db.load": Measure(
        "CPUUtilization", 0.01, "The number of active sessions for the DB engine", "Sessions",
        per_vcpu=True, statistics=("avg",),
    ),
    "os.cpuUtilization.total": Measure(
        "CPUUtilization", 1, "The total percentage of the CPU in use", "Percent"
    ),
    "os.memory.free": Measure(
        "FreeableMemory", 1 / 1024, "The amount of unassigned memory, in kilobytes", "KB"
    ),
    "os.diskIO.rdsdev.readIOsPS": Measure(
        "ReadIOPS", 1, "The number of read operations per second", "Count/second"
    ),
    "os.diskIO.rdsdev.writeIOsPS": Measure(
        "WriteIOPS", 1, "The number of write operations per second", "Count/second"
    ),
    "db.User.numbackends": Measure(
        "DatabaseConnections", 1, "The number of backends currently connected", "Connections"
    ),
}  # fmt: skip


async def get_resource_metrics(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Datapoints of metrics of one database, in periods that begin with whole ones."""
    queries = params["MetricQueries"]
    if len(queries) > MOST_QUERIES:
        raise _invalid(f"A request has at most {MOST_QUERIES} metric queries.")
    if params.get("NextToken"):
        raise _invalid("The next token is not valid.")
    database = await _database(ctx, params)
    period = _period(params)
    start, end = (_seconds(params[name], period) for name in ("StartTime", "EndTime"))
    if end <= start:
        raise _invalid("The end time must be after the start time.")
    if (end - start) // period > MOST_POINTS:
        raise _invalid(f"A request covers at most {MOST_POINTS} periods of {period} seconds.")
    # a datapoint bears the time at which its period ends, unless the request says otherwise
    shift = 0 if params.get("PeriodAlignment") == "START_TIME" else period
    found = [await _points(ctx, database, one, (start, end, period, shift)) for one in queries]
    return {
        "AlignedStartTime": datetime.fromtimestamp(start, UTC),
        "AlignedEndTime": datetime.fromtimestamp(end, UTC),
        "Identifier": params["Identifier"],
        "MetricList": found,
    }


async def list_available_resource_metrics(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The metrics that a database has, of the types that are asked for: `os`, `db`."""
    await _database(ctx, params)
    if params.get("NextToken"):
        raise _invalid("The next token is not valid.")
    wanted = tuple(kind.partition(".")[0] for kind in params["MetricTypes"])
    return {
        "Metrics": [
            {
                "Metric": f"{name}.{statistic}",
                "Description": measure.description,
                "Unit": measure.unit,
            }
            for name, measure in MEASURES.items()
            for statistic in measure.statistics
            if name.startswith(wanted)
        ]
    }


async def _database(ctx: Context, params: Mapping[str, Any]) -> Any:
    """The database of a resource id that has Performance Insights turned on."""
    named = params["Identifier"]
    rows = []
    if params["ServiceType"] == "RDS":
        where = [Condition("resource_id", (named,))]
        rows = await rds_instances.LISTING.page(ctx.db, where, region=ctx.region)
    if not rows:
        raise AwsError("NotAuthorizedException", f"Resource {named} is not found.")
    if not rows[0]["performance_insights"]:
        raise _invalid(f"Performance Insights is not enabled for the resource {named}.")
    return rows[0]


async def _points(
    ctx: Context, database: Any, query: Mapping[str, Any], span: tuple[int, int, int, int]
) -> dict[str, Any]:
    start, end, period, shift = span
    name, _, statistic = query["Metric"].rpartition(".")
    measure = MEASURES.get(name)
    if measure is None or statistic not in measure.statistics:
        raise _invalid(f"The metric {query['Metric']} is not available.")
    if query.get("GroupBy") or query.get("Filter"):
        raise _invalid("Load is not broken down by dimensions here.")
    question = series.Question(
        "AWS/RDS", measure.name, {"DBInstanceIdentifier": database["identifier"]}, start, end,
        max(period, 60),
    )  # fmt: skip
    kind = STATISTICS[statistic]
    points = (await series.read(ctx.db, ctx.region, question, ctx.now, (kind,))).points(kind)
    factor = measure.factor * (_vcpus(database["instance_class"]) if measure.per_vcpu else 1)
    return {
        "Key": {"Metric": query["Metric"]},
        "DataPoints": [
            {"Timestamp": at + timedelta(seconds=shift), "Value": round(value * factor, 6)}
            for at, value in ((datetime.fromtimestamp(at, UTC), v) for at, v in points.items())
        ],
    }


def _vcpus(instance_class: str) -> int:
    known = instance_types.find(instance_class.removeprefix("db."))
    return known.vcpus if known else 2


def _period(params: Mapping[str, Any]) -> int:
    """The period that is asked for; else the shortest that keeps to the most points."""
    given = params.get("PeriodInSeconds")
    if given is not None:
        if given not in PERIODS or given == 1:
            raise _invalid("PeriodInSeconds must be 60, 300, 3600 or 86400.")
        return int(given)
    span = (params["EndTime"] - params["StartTime"]).total_seconds()
    return next((one for one in PERIODS[1:] if span / one <= MOST_POINTS), PERIODS[-1])


def _seconds(moment: datetime, period: int) -> int:
    at = int(moment.timestamp())
    return at - at % period


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidArgumentException", message)
