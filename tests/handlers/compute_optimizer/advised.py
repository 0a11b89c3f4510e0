"""An account with something to say of each kind of resource, and days that pass in it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drift import engine
from drift.day import Knobs
from tests.fixtures.server import Cloud

EXACT = Knobs(mess=0, walk="exact")
PROFILE = """insert into resource_profiles (account_id, resource_type, resource_id, profile, load,
    memory_gib, network_mb, connections, iops, requests, duration_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""


class Advised:
    """One account: makes resources of known use, lets days pass, and reads what they cost."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.ec2 = cloud.client("ec2")
        self.optimizer = cloud.client("compute-optimizer")
        self.days()  # so that what is made is made in the account's time

    def instance(self, kind: str, profile: str, **more: Any) -> str:
        """A running instance of a type, used in a known way."""
        image = self.ec2.describe_images(
            Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}]
        )["Images"][0]
        [made] = self.ec2.run_instances(
            ImageId=image["ImageId"], InstanceType=kind, MinCount=1, MaxCount=1, **more
        )["Instances"]
        levels: dict[str, tuple[float, float, float]] = {
            "idle": (0.04, 1.0, 2.0), "oversized": (0.5, 3.0, 500.0), "steady": (1.3, 14.0, 900.0)
        }  # fmt: skip
        load, memory, network = levels[profile]
        self.profile("instance", made["InstanceId"], profile, load, memory, network)
        return str(made["InstanceId"])

    def volume(self, **more: Any) -> str:
        """A volume attached to nothing."""
        given = {"AvailabilityZone": "us-east-1a", "Size": 100, "VolumeType": "gp3"} | more
        return str(self.ec2.create_volume(**given)["VolumeId"])

    def profile(
        self,
        kind: str,
        resource: str,
        profile: str,
        load: float | None = None,
        memory: float | None = None,
        network: float | None = None,
        **more: float,
    ) -> None:
        """Say how a resource is used."""
        self.cloud.running.rows(
            PROFILE, self.cloud.account.id, kind, resource, profile, load, memory, network,
            more.get("connections"), more.get("iops"), more.get("requests"), more.get("duration"),
        )  # fmt: skip

    def days(self, count: int = 1) -> None:
        """Let exact days pass: what runs by the hour costs what its row says."""
        database, account = self.cloud.running.server.database, self.cloud.account.id

        async def work() -> None:
            async with database.owner() as connection:
                await engine.tick(connection, account, days=count, knobs=EXACT)
            self.cloud.running.server.clocks.forget()

        self.cloud.running.run(work())

    def sql(self, statement: str, *args: Any) -> list[dict[str, Any]]:
        """Rows by SQL; $1 is the account."""
        return self.cloud.running.rows(statement, self.cloud.account.id, *args)

    def cost(self, resource: str, column: str = "on_demand_cost") -> Decimal:
        """What the newest day of the ledger has for a resource."""
        [row] = self.sql(
            f"select coalesce(sum({column}), 0) as usd from cost_lines_daily"
            " where account_id = $1 and resource_id = $2 and date ="
            " (select max(date) from cost_lines_daily where account_id = $1)",
            resource,
        )
        return Decimal(row["usd"])

    def arn(self, kind: str, resource: str) -> str:
        """The ARN of something of EC2."""
        return f"arn:aws:ec2:us-east-1:{self.cloud.account.number}:{kind}/{resource}"


def monthly(saving: Mapping[str, Any]) -> Decimal:
    """The dollars of a SavingsOpportunity."""
    return Decimal(str(saving["estimatedMonthlySavings"]["value"]))
