"""Where the files of an export lie in its bucket, and what its manifest says.

Sources: https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html for data
exports, https://docs.aws.amazon.com/cur/latest/userguide/access-cur-s3.html for reports.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from models.cost_exports.query import Query

_CONTENT = {"GZIP": "text/csv", "ZIP": "text/csv", "PARQUET": "application/vnd.apache.parquet"}


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of one export: `prefix` without a slash at its end."""

    name: str
    prefix: str
    parts: str = "BILLING_PERIOD"

    def partition(self, month: date) -> str:
        """BILLING_PERIOD=2026-06."""
        return f"{self.parts}={month:%Y-%m}"

    def data(self, month: date, folder: str, number: int, extension: str) -> str:
        """The key of a file."""
        return (
            f"{self.root}data/{self.partition(month)}/{folder}{self.name}-{number:05d}.{extension}"
        )

    def manifests(self, month: date, folder: str) -> list[str]:
        """Where the manifest lies: beside the month, and beside each delivery that is kept."""
        here = f"{self.root}metadata/{self.partition(month)}/"
        return [f"{here}{self.name}-Manifest.json", f"{here}{folder}{self.name}-Manifest.json"]

    @property
    def root(self) -> str:
        """The folder of the export."""
        return f"{self.prefix}/{self.name}/" if self.prefix else f"{self.name}/"

    def manifest(
        self, arn: str, bucket: str, query: Query, month: date, execution_id: str,
        keys: Sequence[str], compression: str, now: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        """What the manifest says."""
        return {
            "exportArn": arn,
            "exportName": self.name,
            "executionId": execution_id,
            "tableName": query.table.name,
            "billingPeriod": {"start": f"{month}", "end": f"{_end(month)}"},
            "contentType": _CONTENT[compression],
            "compression": "SNAPPY" if compression == "PARQUET" else compression,
            "columns": [{"name": one.name, "type": one.type} for one in query.columns],
            "dataFiles": [f"s3://{bucket}/{key}" for key in keys],
        }


@dataclass(frozen=True, slots=True)
class DayLayout(Layout):
    """The places of an export that tells what is today: a folder for each day."""

    parts: str = "date"

    def partition(self, month: date) -> str:
        """date=2026-06-05; here `month` is the day."""
        return f"{self.parts}={month}"

    def manifest(
        self, arn: str, bucket: str, query: Query, month: date, execution_id: str,
        keys: Sequence[str], compression: str, now: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        """What the manifest says: it is for no period."""
        told = Layout.manifest(
            self, arn, bucket, query, month, execution_id, keys, compression, now
        )
        del told["billingPeriod"]
        return told


@dataclass(frozen=True, slots=True)
class ReportLayout(Layout):
    """The places of a cost and usage report of the first kind."""

    account: str = ""

    def partition(self, month: date) -> str:
        """20260601-20260701."""
        return f"{month:%Y%m%d}-{_end(month):%Y%m%d}"

    def data(self, month: date, folder: str, number: int, extension: str) -> str:
        """Parquet lies in folders that queries understand; CSV beside its manifest."""
        file = f"{self.name}-{number:05d}.{extension}"
        if extension.endswith("parquet"):
            return f"{self.root}{self.name}/year={month.year}/month={month.month}/{folder}{file}"
        return f"{self.root}{self.partition(month)}/{folder}{file}"

    def manifests(self, month: date, folder: str) -> list[str]:
        """Beside the month, and beside each delivery that is kept."""
        here = f"{self.root}{self.partition(month)}/"
        return [f"{here}{self.name}-Manifest.json", f"{here}{folder}{self.name}-Manifest.json"]

    def manifest(
        self, arn: str, bucket: str, query: Query, month: date, execution_id: str,
        keys: Sequence[str], compression: str, now: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        """What the manifest says."""
        return {
            "assemblyId": execution_id,
            "account": self.account,
            "columns": [_said(one.name, one.type) for one in query.columns],
            "charset": "UTF-8",
            "compression": "Parquet" if compression == "PARQUET" else compression,
            "contentType": "Parquet" if compression == "PARQUET" else "text/csv",
            "reportId": arn.rpartition("/")[2],
            "reportName": self.name,
            "billingPeriod": {
                "start": f"{month:%Y%m%d}T000000.000Z",
                "end": f"{_end(month):%Y%m%d}T000000.000Z",
            },
            "bucket": bucket,
            "reportKeys": list(keys),
            "additionalArtifactKeys": [],
        }


def _said(name: str, kind: str) -> dict[str, str]:
    category, _, rest = name.partition("/")
    types = {"double": "BigDecimal", "timestamp_milliseconds": "DateTime"}
    return {"category": category, "name": rest or name, "type": types.get(kind, "String")}


def _end(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
