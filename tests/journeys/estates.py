"""Estates to be attacked: what is in them, and plausible calls that name it."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from emulator import control, operations
from tests.emulator.protocols.values import request_of
from tests.fixtures.server import Cloud, RunningServer
from tests.journeys.hostile import model
from tests.journeys.plausible import Plausible
from tests.journeys.wire import Call, Wire

SERVED = [(service, name) for service, names in operations.served().items() for name in names]
# What identifies an account's things, by table.
IDENTIFIERS = {
    "instances": "instance_id",
    "volumes": "volume_id",
    "snapshots": "snapshot_id",
    "elastic_ips": "allocation_id",
    "vpcs": "vpc_id",
    "subnets": "subnet_id",
    "security_groups": "group_id",
    "launch_templates": "launch_template_id",
    "nat_gateways": "nat_gateway_id",
    "s3_buckets": "name",
}


@dataclass(slots=True)
class Estate:
    """An account with things in it, and its key."""

    cloud: Cloud
    identifiers: list[bytes] = field(default_factory=list)

    def wire(self, scopes: str = "") -> Wire:
        """A connection that signs for it, perhaps with a key of fewer scopes."""
        cloud = self.cloud.with_scopes(scopes) if scopes else self.cloud
        return Wire(cloud.running.url, cloud.access_key_id, cloud.secret_access_key)


def make_estate(running: RunningServer) -> Estate:
    """An account of a small company, which is two days old."""
    account = running.open_account()
    running.run(control.estate_create(running.server.world, "40", days=2, account=account.number))
    running.server.clocks.forget()
    key = running.key(account)
    made = Estate(Cloud(running, account, key["access_key_id"], key["secret_access_key"]))
    for table, column in IDENTIFIERS.items():
        rows = running.rows(
            f"select {column} as id from {table} where account_id = $1 order by 1 limit 40",
            account.id,
        )
        made.identifiers += [row["id"].encode() for row in rows]
    assert len(made.identifiers) > 100
    return made


def fingerprint(running: RunningServer, account_id: Any, *without: str) -> dict[str, str]:
    """Everything that belongs to an account, as one hash for each table but those `without`."""
    tables = running.rows(
        """select table_name from information_schema.columns
            where table_schema = 'public' and column_name = 'account_id'
              and table_name not in ('api_clients', 'trail_events', 'service_uses')"""
    )
    hashes = " union all ".join(
        f"""select '{table}' as name,
                   coalesce(md5(string_agg(t::text, ' ' order by t::text)), '') as hash
              from {table} t where account_id = $1"""
        for table in sorted({row["table_name"] for row in tables}.difference(without))
    )
    return {row["name"]: row["hash"] for row in running.rows(hashes, account_id)}


def calls(service: str, name: str, identifiers: list[bytes], seeds: int) -> Iterator[Call]:
    """Plausible calls of an operation that name these identifiers."""
    operation = model(service).operation_model(name)
    for seed in range(seeds):
        params: dict[str, Any] = {}
        if operation.input_shape is not None:
            number = random.Random(f"{name}/{seed}").randrange(2**31)
            params = Plausible(number, identifiers).structure(operation.input_shape)
        made = request_of(operation, operation.service_model.protocol, params)
        headers = {k: v for k, v in made.headers.items() if k not in ("host", "content-length")}
        signing = operation.service_model.signing_name
        yield Call(signing, made.method, made.path, made.query, headers, made.body)


Enough = Callable[[str, list[Any]], bool]


async def answers(
    wire: Wire,
    service: str,
    identifiers: list[bytes],
    seeds: int,
    enough: Enough = lambda name, pairs: False,
) -> dict[str, list[Any]]:
    """What a client hears to plausible calls of every operation of a service.

    There are `seeds` calls of each, or fewer where what was heard is `enough`.
    """
    heard: dict[str, list[Any]] = defaultdict(list)
    async with wire:
        for one, name in SERVED:
            if one == service:
                for call in calls(service, name, identifiers, seeds):
                    heard[name].append((call, await wire.call(call)))
                    if enough(name, heard[name]):
                        break
    return heard
