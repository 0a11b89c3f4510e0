"""An episode as tests play in it."""

import json
from typing import Any

from botocore.config import Config

from emulator import episode_differences, episodes
from tests.fixtures.server import SESSION, RunningServer

# What changes a world, and where that is seen.
WRITES: tuple[tuple[str, str, dict[str, Any], str, dict[str, Any]], ...] = (
    ("ec2", "create_vpc", {"CidrBlock": "10.77.0.0/16"}, "describe_vpcs", {}),
    ("s3", "create_bucket", {"Bucket": "only-in-one-fork"}, "list_buckets", {}),
    ("sqs", "create_queue", {"QueueName": "only-one"}, "list_queues", {}),
    ("logs", "create_log_group", {"logGroupName": "/only"}, "describe_log_groups", {}),
    ("iam", "create_user", {"UserName": "only"}, "list_users", {}),
    ("ssm", "put_parameter", {"Name": "/only", "Value": "x", "Type": "SecureString"},
     "describe_parameters", {}),
    ("ecs", "create_cluster", {"clusterName": "only"}, "list_clusters", {}),
    ("cloudwatch", "put_dashboard", {"DashboardName": "only", "DashboardBody": '{"widgets":[]}'},
     "list_dashboards", {}),
    ("events", "put_rule", {"Name": "only", "ScheduleExpression": "rate(1 day)"}, "list_rules", {}),
    ("kinesis", "create_stream", {"StreamName": "only", "ShardCount": 1}, "list_streams", {}),
)  # fmt: skip


class Player:
    """An episode and clients for it."""

    def __init__(self, running: RunningServer, told: dict[str, Any]) -> None:
        self.running = running
        self.told = told
        self.id: str = told["episode"]

    def client(self, service: str, **more: Any) -> Any:
        """A boto3 client that signs with the episode's key."""
        given = {
            "endpoint_url": self.running.url,
            "aws_access_key_id": self.told["access_key_id"],
            "aws_secret_access_key": self.told["secret_access_key"],
            "config": Config(retries={"total_max_attempts": 1}, read_timeout=60),
        } | more
        return SESSION.client(service, region_name="us-east-1", **given)

    def rows(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        """What SQL says in the episode's database."""

        async def ask() -> list[dict[str, Any]]:
            async with (
                episodes.opened(self.running.server.world, self.id) as inside,
                inside.database.owner() as connection,
            ):
                return [dict(row) for row in await connection.fetch(sql, *args)]

        return self.running.run(ask())

    def fork(self) -> "Player":
        """A copy of it."""
        return Player(self.running, self.running.run(episodes.fork(self.world, self.id)))

    def advance(self, days: int = 1) -> dict[str, Any]:
        """Let days go by."""
        return self.running.run(episodes.advance(self.world, self.id, days=days))

    def diff(self, other: "Player") -> Any:
        """What differs in the other."""
        return self.running.run(episode_differences.between(self.world, self.id, other.id))

    @property
    def world(self) -> Any:
        """The main world."""
        return self.running.server.world


def seen(player: Player, reads: str, service: str, given: dict[str, Any]) -> Any:
    """What a read shows, as plain JSON."""
    answer = getattr(player.client(service), reads)(**given)
    answer.pop("ResponseMetadata")
    return json.loads(json.dumps(answer, default=str, sort_keys=True))
