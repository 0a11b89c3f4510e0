"""Accounts with a bill, and what their exports say, for tests of exports."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from drift import engine
from drift.day import Knobs
from tests.drift.conftest import FIRST, make_estate
from tests.fixtures.server import Cloud

CALM = Knobs(mess=0)
DAYS = 34
LINE = """
select sum({column}) from cost_lines_daily l
  cross join (select (now() at time zone 'utc')::date - max(date) as days from cost_lines_daily
               where account_id = $1) s
 where account_id = $1 and to_char(date + s.days, 'YYYY-MM') = $2
"""


# A discount on everything, and a plan that is partly paid upfront, in this month or the last.
_PROGRAMME = """
insert into commitments (account_id, commitment_type, scope, term_months, hourly_commitment_amount,
                         start_date, end_date, payment_option)
values ($1, 'edp', 'everything', 36, 1, '2026-01-01', '2029-01-01', 'No Upfront'),
       ($1, 'savings_plan', 'compute', 12, 0.02, '2026-06-20', '2027-06-20', 'Partial Upfront')
"""


def live(cloud: Cloud, days: int = DAYS) -> None:
    """Give an account the small estate and a history; then let days pass."""
    database = cloud.running.server.database

    async def begin() -> None:
        async with database.owner() as connection:
            await make_estate(connection, cloud.account.id, cloud.account.number)
            await connection.execute(_PROGRAMME, cloud.account.id)
            await engine.history(connection, cloud.account.id, FIRST, days, knobs=CALM)
        cloud.running.server.clocks.forget()

    cloud.running.run(begin())


def tick(cloud: Cloud) -> None:
    """One more day."""
    database = cloud.running.server.database

    async def pass_day() -> None:
        async with database.owner() as connection:
            await engine.tick(connection, cloud.account.id, knobs=CALM)
        cloud.running.server.clocks.forget()

    cloud.running.run(pass_day())


def bucket(cloud: Cloud) -> str:
    """A new bucket of the account."""
    name = bucket_of(cloud)
    cloud.client("s3").create_bucket(Bucket=name)
    return name


def bucket_of(cloud: Cloud) -> str:
    """What it is called."""
    return f"bills-{cloud.account.number}"


def export(
    name: str,
    bucket_name: str,
    query: str,
    *,
    form: str = "TEXT_OR_CSV",
    overwrite: bool = True,
    **configurations: str,
) -> dict[str, Any]:
    """The request of an export."""
    table = query.partition(" FROM ")[2].split()[0]
    data_query: dict[str, Any] = {"QueryStatement": query}
    if configurations:
        data_query["TableConfigurations"] = {table: configurations}
    return {
        "Name": name,
        "DataQuery": data_query,
        "DestinationConfigurations": {
            "S3Destination": {
                "S3Bucket": bucket_name,
                "S3Prefix": "exports",
                "S3Region": "us-east-1",
                "S3OutputConfigurations": {
                    "OutputType": "CUSTOM",
                    "Format": form,
                    "Compression": "GZIP" if form == "TEXT_OR_CSV" else "PARQUET",
                    "Overwrite": "OVERWRITE_REPORT" if overwrite else "CREATE_NEW_REPORT",
                },
            }
        },
        "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
    }


def keys(cloud: Cloud, bucket_name: str, prefix: str = "") -> list[str]:
    """The objects in a bucket."""
    pages = cloud.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=bucket_name, Prefix=prefix)
    return [one["Key"] for page in found for one in page.get("Contents", [])]


def content(cloud: Cloud, bucket_name: str, key: str) -> bytes:
    """The bytes of an object."""
    body: bytes = cloud.client("s3").get_object(Bucket=bucket_name, Key=key)["Body"].read()
    return body


def rows(cloud: Cloud, bucket_name: str, key: str) -> list[dict[str, Any]]:
    """The rows of a file, CSV or Parquet."""
    data = content(cloud, bucket_name, key)
    if key.endswith(".parquet"):
        from pyarrow import parquet

        found: list[dict[str, Any]] = parquet.read_table(io.BytesIO(data)).to_pylist()
        return found
    return list(csv.DictReader(io.StringIO(gzip.decompress(data).decode())))


def months(cloud: Cloud, bucket_name: str, name: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of an export by month, as its manifests say."""
    found: dict[str, list[dict[str, Any]]] = {}
    for key in keys(cloud, bucket_name, f"exports/{name}/metadata/"):
        manifest = json.loads(content(cloud, bucket_name, key))
        month = manifest["billingPeriod"]["start"][:7]
        found[month] = [
            row
            for file in manifest["dataFiles"]
            for row in rows(cloud, bucket_name, file.removeprefix(f"s3://{bucket_name}/"))
        ]
    return found


def total(found: list[dict[str, Any]], column: str) -> Decimal:
    """The sum of a column, exact; what is empty counts nothing."""
    return sum((Decimal(str(row[column])) for row in found if row[column] not in ("", None)),
               Decimal(0))  # fmt: skip


def billed(
    sql: Callable[..., list[dict[str, Any]]], cloud: Cloud, month: str, column: str
) -> Decimal:
    """What the ledger has of a month as clients count months."""
    [row] = sql(LINE.format(column=column), cloud.account.id, month)
    value: Decimal = row["sum"]
    return value
