"""Writing 1,000 rows: our compiled views beside f-strings written by hand for the same bytes."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import orjson

from emulator import api, protocols
from emulator.rows import Constant, Each, Rows, View
from handlers.ec2.volumes import VOLUME_VIEW
from models import regions
from tests.bench.table import Line, middle

ROWS = 1000
_NOW = datetime(2026, 6, 30, 12, 0, 0, tzinfo=UTC)

Write = Callable[[], bytes]


def lines(count: int) -> Iterator[Line]:
    """The ratio on a hot list of each family of protocols."""
    for name, ours, by_hand in (_ec2(), _query(), _json()):
        if ours() != by_hand():
            raise AssertionError(f"{name}: the f-string does not give the same bytes")
        mine, theirs = [], []
        for _ in range(count):
            mine.append(_seconds(ours))
            theirs.append(_seconds(by_hand))
        ratio = middle([a / b for a, b in zip(mine, theirs, strict=True)])
        text = f"{middle(mine) * 1000:.2f} | {middle(theirs) * 1000:.2f} ms, {len(ours()):,} bytes"
        yield Line(name, ratio, "≤1.3", text)


def _seconds(write: Write) -> float:
    began = time.perf_counter()
    write()
    return time.perf_counter() - began


def _ours(protocol: str, service: str, operation: str, name: str, view: View, rows: Any) -> Write:
    codec = protocols.by_name(protocol)
    model = api.service(service).operations[operation]
    return lambda: bytes(codec.write(model, {name: Rows(view, rows)}, request_id="r").body)


def _iso(moment: datetime) -> str:
    return f"{moment.isoformat('T', 'milliseconds')[:-6]}Z"


def _ec2() -> tuple[str, Write, Write]:
    rows: list[dict[str, Any]] = [
        {
            "volume_id": f"vol-{n:017x}",
            "size_gib": 8 + n % 90,
            "snapshot_id": None,
            "availability_zone": "us-east-1a",
            "owner_number": "000000000000",
            "state": "available",
            "created_at": _NOW - timedelta(hours=n),
            "attached_instance_id": None,
            "attach_device": None,
            "attach_time": None,
            "delete_on_termination": False,
            "volume_type": "gp3",
            "iops": 3000,
            "throughput": 125,
            "encrypted": n % 2 == 0,
            "kms_key_id": None,
            "multi_attach_enabled": False,
            "tags": {"Name": f"data-{n}", "env": "prod", "team": "platform & co"},
        }
        for n in range(ROWS)
    ]

    def by_hand() -> bytes:
        items = []
        for row in rows:
            tags = "".join(
                f"<item><key>{escape(key)}</key><value>{escape(value)}</value></item>"
                for key, value in row["tags"].items()
            )
            zone_id = regions.zone_id(row["availability_zone"], row["owner_number"])
            items.append(
                f"<item><volumeId>{row['volume_id']}</volumeId><size>{row['size_gib']}</size>"
                f"<snapshotId></snapshotId><availabilityZone>{row['availability_zone']}"
                f"</availabilityZone><availabilityZoneId>{zone_id}</availabilityZoneId>"
                f"<status>{row['state']}</status>"
                f"<createTime>{_iso(row['created_at'])}</createTime>"
                f"<attachmentSet/><volumeType>{row['volume_type']}</volumeType><iops>{row['iops']}</iops>"
                f"<throughput>{row['throughput']}</throughput>"
                f"<encrypted>{'true' if row['encrypted'] else 'false'}</encrypted>"
                f"<multiAttachEnabled>{'true' if row['multi_attach_enabled'] else 'false'}"
                "</multiAttachEnabled><operator><managed>false</managed></operator>"
                f"<tagSet>{tags}</tagSet></item>"
            )
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<DescribeVolumesResponse'
            ' xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>'
            f"<volumeSet>{''.join(items)}</volumeSet></DescribeVolumesResponse>"
        )
        return text.encode()

    ours = _ours("ec2", "ec2", "DescribeVolumes", "Volumes", VOLUME_VIEW, rows)
    return "ec2: volumes", ours, by_hand


_GROUPS = View(
    {
        "AutoScalingGroupName": "name",
        "MinSize": "least",
        "MaxSize": "most",
        "DesiredCapacity": "desired",
        "DefaultCooldown": Constant(300),
        "AvailabilityZones": Each("zones"),
        "HealthCheckType": Constant("EC2"),
        "CreatedTime": "created_at",
    }
)


def _query() -> tuple[str, Write, Write]:
    rows: list[dict[str, Any]] = [
        {
            "name": f"group-{n}",
            "least": 1,
            "most": 10,
            "desired": n % 10,
            "zones": ["us-east-1a", "us-east-1b"],
            "created_at": _NOW - timedelta(hours=n),
        }
        for n in range(ROWS)
    ]

    def by_hand() -> bytes:
        items = []
        for row in rows:
            zones = "".join(f"<member>{escape(zone)}</member>" for zone in row["zones"])
            items.append(
                f"<member><AutoScalingGroupName>{escape(row['name'])}</AutoScalingGroupName>"
                f"<MinSize>{row['least']}</MinSize><MaxSize>{row['most']}</MaxSize>"
                f"<DesiredCapacity>{row['desired']}</DesiredCapacity>"
                f"<DefaultCooldown>300</DefaultCooldown>"
                f"<AvailabilityZones>{zones}</AvailabilityZones>"
                "<HealthCheckType>EC2</HealthCheckType>"
                f"<CreatedTime>{_iso(row['created_at'])}</CreatedTime></member>"
            )
        text = (
            '<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/'
            '2011-01-01/"><DescribeAutoScalingGroupsResult><AutoScalingGroups>'
            f"{''.join(items)}</AutoScalingGroups></DescribeAutoScalingGroupsResult>"
            "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
            "</DescribeAutoScalingGroupsResponse>"
        )
        return text.encode()

    operation = "DescribeAutoScalingGroups"
    ours = _ours("query", "autoscaling", operation, "AutoScalingGroups", _GROUPS, rows)
    return "query: Auto Scaling groups", ours, by_hand


_LOG_GROUPS = View(
    {
        "logGroupName": "name",
        "creationTime": "created",
        "retentionInDays": "retention_days",
        "metricFilterCount": Constant(0),
        "arn": "arn",
        "storedBytes": "stored_bytes",
        "logGroupClass": Constant("STANDARD"),
    }
)


def _json() -> tuple[str, Write, Write]:
    rows: list[dict[str, Any]] = [
        {
            "name": f"/aws/lambda/function-{n}",
            "created": 1_750_000_000_000 + n,
            "retention_days": 30,
            "arn": f"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/function-{n}:*",
            "stored_bytes": n * 1024,
        }
        for n in range(ROWS)
    ]
    quoted = orjson.dumps

    def by_hand() -> bytes:
        items = [
            f'{{"logGroupName":{quoted(row["name"]).decode()},"creationTime":{row["created"]},'
            f'"retentionInDays":{row["retention_days"]},"metricFilterCount":0,'
            f'"arn":{quoted(row["arn"]).decode()},"storedBytes":{row["stored_bytes"]},'
            '"logGroupClass":"STANDARD"}'
            for row in rows
        ]
        return f'{{"logGroups":[{",".join(items)}]}}'.encode()

    ours = _ours("json", "logs", "DescribeLogGroups", "logGroups", _LOG_GROUPS, rows)
    return "json: log groups", ours, by_hand
