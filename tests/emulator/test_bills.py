"""The operator's export of a month: the same figures as the ledger, in files that tools read."""

import csv
import gzip
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from emulator import control
from emulator.control import ControlError
from tests.fixtures.server import Cloud
from tests.handlers.bcm_data_exports import bills
from tests.handlers.ec2.answers import Sql

_SUM = """
select sum(unblended_cost) as billed, sum(amortized_cost) as effective from cost_lines_daily
 where account_id = $1 and to_char(date, 'YYYY-MM') = '2026-06'
"""


def run(cloud: Cloud, out: Path, **given: str) -> control.Answer:
    world = cloud.running.server.world
    return cloud.running.run(
        control.export(world, out=str(out), account=cloud.account.number, **given)
    )


def test_a_month_lies_in_a_folder(cloud: Cloud, sql: Sql, tmp_path: Path) -> None:
    bills.live(cloud, 3)
    [ledger] = sql(_SUM, cloud.account.id)
    told = run(cloud, tmp_path, format="focus", month="2026-06", type="parquet")
    assert isinstance(told, dict)
    assert (told["table"], told["month"], told["files"]) == ("FOCUS_1_2_AWS", "2026-06", 3)
    from pyarrow import parquet

    rows = parquet.read_table(told["folder"]).to_pylist()
    assert len(rows) == told["rows"]
    assert bills.total(rows, "BilledCost") == ledger["billed"]
    assert bills.total(rows, "EffectiveCost") == ledger["effective"]
    assert {f"{row['ChargePeriodStart']:%Y-%m-%d}" for row in rows} == {
        "2026-06-01",
        "2026-06-02",
        "2026-06-03",
    }
    manifest = json.loads(
        (tmp_path / "focus/metadata/BILLING_PERIOD=2026-06/focus-Manifest.json").read_bytes()
    )
    assert all((tmp_path / key).exists() for key in manifest["dataFiles"])


def test_cur_is_csv_where_that_is_wanted(cloud: Cloud, sql: Sql, tmp_path: Path) -> None:
    bills.live(cloud, 2)
    [ledger] = sql(_SUM, cloud.account.id)
    told = run(cloud, tmp_path, format="cur", type="csv")
    assert isinstance(told, dict)
    rows = [
        row
        for path in sorted(Path(told["folder"]).iterdir())
        for row in csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))
    ]
    total = sum((Decimal(row["line_item_unblended_cost"]) for row in rows), Decimal(0))
    assert total == ledger["billed"]


@pytest.mark.parametrize(
    "given",
    [{"format": "tea"}, {"month": "June"}, {"month": "2020-01"}, {"type": "xls"}],
    ids=lambda given: next(iter(given)) + "=" + next(iter(given.values())),
)
def test_what_cannot_be_written_is_told(
    cloud: Cloud, tmp_path: Path, given: dict[str, str]
) -> None:
    bills.live(cloud, 1)
    with pytest.raises(ControlError):
        run(cloud, tmp_path, **given)
    assert not list(tmp_path.iterdir())


def test_an_account_must_have_a_bill(cloud: Cloud, tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="no bill"):
        run(cloud, tmp_path)
