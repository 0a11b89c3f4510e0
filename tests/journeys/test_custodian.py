"""Cloud Custodian, unmodified: the policies of a FinOps engineer find the waste and end it.

Custodian has an environment of its own, kept in the user's cache, because it pins what it uses.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

import asyncio
import fcntl
import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from emulator.caches import cache_folder
from tests.journeys.process import Process

RELEASE = "0.9.53"
POLICIES = Path(__file__).with_name("policies") / "finops.yml"

# What each policy must find, in SQL, before anything is done; the first column is the id.
FINDS = {
    "volumes-unattached": "select volume_id from volumes where state = 'available'",
    "machines-idle": """select instance_id from instances where state = 'running' and (select
        avg((metric_payload ->> 'cpu_avg')::numeric) from (select * from metrics_daily
        where resource_id = instance_id order by date desc limit 7) as m) < 5""",
    "machines-untagged": """select instance_id from instances
        where not tags ? 'owner' and not tags ? 'Owner'""",
    "machines-too-large": "select instance_id from instances where instance_type = 'm5.4xlarge'",
    "addresses-unused": "select allocation_id from elastic_ips where state = 'unassociated'",
    "logs-for-ever": "select name from log_groups where retention_days is null",
    "databases-unused": """select identifier from rds_instances where (select
        avg((metric_payload ->> 'connections')::numeric) from (select * from metrics_daily
        where resource_id = db_instance_id order by date desc limit 7) as m) < 1""",
    "streams": "select name from streaming_clusters where engine = 'kinesis'",
    "searches": "select name from managed_services where service_type = 'opensearch'",
    "clusters": "select name from container_clusters where orchestrator = 'eks'",
    "brokers": "select name from streaming_clusters where engine = 'msk'",
}
IDS = ("VolumeId", "InstanceId", "AllocationId", "Name", "logGroupName", "DBInstanceIdentifier",
       "StreamName", "DomainName", "ClusterName", "name")  # fmt: skip

# What must be true when all is done.
DONE = {
    "every address is used": "select 1 from elastic_ips where state = 'unassociated' {here}",
    "no log is kept for ever": "select 1 from log_groups where retention_days is null {here}",
    "nothing idle runs": "select 1 from instances where instance_id = any($1) and state = 'running'",
    "large machines shrank": """select 1 from instances where {here_} instance_type = 'm5.4xlarge'
        or ({here_} instance_type = 'm5.2xlarge' and hourly_cost <> 0.3840)""",
    "every machine has an owner": """select 1 from instances
        where not tags ? 'owner' and not tags ? 'Owner' {here}""",
    "staging sleeps": "select 1 from instances where tags ->> 'env' = 'staging' and state = 'running' {here}",
    "every stream was seen": """select 1 from streaming_clusters s where engine = 'kinesis' {here}
        and not exists (select 1 from resource_tags t where t.resource_id = s.arn and t.key = 'seen')""",
}


def custodian() -> Path:
    """The program, installed when it is first needed; two test runs do not install it at once."""
    home = cache_folder() / f"custodian-{RELEASE}"
    program = home / "bin" / "custodian"
    with (cache_folder() / f"custodian-{RELEASE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "installed").exists():
            # this process's pip serves: one of its own takes longer to make than to use
            venv.create(home, with_pip=False, clear=True)
            python = home / "bin" / "python"
            pip = (sys.executable, "-m", "pip", "--python", str(python))
            subprocess.run(
                [*pip, "install", "-q", "--no-compile", f"c7n=={RELEASE}"],
                check=True,
                capture_output=True,
                timeout=300,
            )
            (home / "installed").touch()
    return program


class Account:
    """A server with an estate, its rows, and Custodian's way to it."""

    def __init__(self, server: Process, out: Path) -> None:
        self.server = server
        self.out = out
        self.database_url = server.cli("db", "url")["url"]

    def sql(self, query: str, *args: Any) -> list[Any]:
        """Rows, over the URL that `driftcloud db url` gives."""
        query = query.replace("{here}", "and region = 'us-east-1'")
        query = query.replace("{here_}", "region = 'us-east-1' and")

        async def ask() -> list[Any]:
            connection = await asyncpg.connect(self.database_url)
            try:
                return list(await connection.fetch(query, *args))
            finally:
                await connection.close()

        return asyncio.run(ask())

    def custodian(self) -> dict[str, set[str]]:
        """Run the policies; the ids that each found."""
        hour = datetime.now(UTC).hour
        policies = self.out / "finops.yml"
        policies.write_text(POLICIES.read_text().replace("OFFHOUR", str(hour)))
        done = subprocess.run(
            [custodian(), "run", "-s", self.out, policies, "--cache-period", "0"],
            env=os.environ
            | {
                "AWS_ENDPOINT_URL": self.server.url,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return {file.parent.name: _ids(file) for file in self.out.glob("*/resources.json")}


def _ids(file: Path) -> set[str]:
    found = json.loads(file.read_text())
    return {
        next(str(one[name]) for name in IDS if name in one) if _known(one) else "" for one in found
    }


def _known(one: dict[str, Any]) -> bool:
    return any(name in one for name in IDS)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A startup's account with two weeks behind it."""
    server = Process("--estate", "startup", "--days", "14")
    server.start()
    try:
        yield Account(server, tmp_path)
    finally:
        server.stop()
        server.remove()


def test_policies_find_the_waste_and_end_it(account: Account) -> None:
    region = " and region = 'us-east-1'"
    wanted = {
        name: {str(row[0]) for row in account.sql(f"select * from ({query}{region}) as found")}
        for name, query in FINDS.items()
    }
    costs = "select sum(hourly_cost) from instances where state = 'running'"
    [[before]] = account.sql(costs)
    found = account.custodian()
    assert {name: found[name] for name in wanted} == wanted
    assert min(len(ids) for ids in wanted.values()) > 0
    assert all(found[name] for name in ("caches", "services", "functions-unused"))
    gone = account.sql("select volume_id from volumes where volume_id = any($1)",
                       list(wanted["volumes-unattached"]))  # fmt: skip
    assert gone == []
    for what, query in DONE.items():
        args = [list(wanted["machines-idle"])] if "$1" in query else []
        assert account.sql(query, *args) == [], what
    ruled = account.sql(
        "select name, lifecycle_policy from s3_buckets where name = any($1)",
        list(found["buckets-without-lifecycle"]),
    )
    assert len(ruled) == len(found["buckets-without-lifecycle"]) > 0
    assert all("archive" in str(row["lifecycle_policy"]) for row in ruled)
    [[after]] = account.sql(costs)
    assert after < before
    events = account.sql(
        "select count(*) from resource_change_events where change_source = 'agent'"
        " and field_name = 'state' and new_value = 'stopped'"
    )
    assert events[0][0] >= len(wanted["machines-idle"] | wanted["databases-unused"])
