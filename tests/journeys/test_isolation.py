"""Isolation: whatever an account asks for, it neither sees nor changes what is another's."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from emulator import control, operations
from tests.emulator.protocols.values import request_of
from tests.fixtures.server import Cloud, RunningServer
from tests.journeys.hostile import model
from tests.journeys.plausible import Plausible
from tests.journeys.wire import Answer, Call, Wire, ec2, error_code, text_of

SEEDS = 24
SERVED = [(service, name) for service, names in operations.served().items() for name in names]
BY_POLICY = b"because no identity-based policy allows"
INVALID = {"ValidationException", "InvalidParameterException"}
DENIED = {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}
# What a key may call that may only read begins so.
READS = (
    "Describe", "Get", "Head", "List", "Filter", "TestEvent", "TestMetric", "StartQuery",
    "StopQuery", "Lookup", "Select", "BatchGet", "Simulate",
)  # fmt: skip
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
# Listing what lies in these is how EC2's own clients page; the largest has a page to go on to.
PAGED = [
    ("DescribeInstances", {}),
    ("DescribeVolumes", {}),
    ("DescribeSnapshots", {"Owner.1": "self"}),
    ("DescribeTags", {}),
    ("DescribeSubnets", {}),
    ("DescribeSecurityGroups", {}),
    ("DescribeInstanceTypes", {}),
]


@dataclass(slots=True)
class Estate:
    """An account with things in it, and its key."""

    cloud: Cloud
    identifiers: list[bytes] = field(default_factory=list)

    def wire(self, scopes: str = "") -> Wire:
        """A connection that signs for it, perhaps with a key of fewer scopes."""
        cloud = self.cloud.with_scopes(scopes) if scopes else self.cloud
        return Wire(cloud.running.url, cloud.access_key_id, cloud.secret_access_key)


def _estate(running: RunningServer) -> Estate:
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


@pytest.fixture(scope="module")
def victim(running: RunningServer) -> Estate:
    """Whom the others are after."""
    return _estate(running)


@pytest.fixture(scope="module")
def attacker(running: RunningServer) -> Estate:
    """Who has things of its own to join to the victim's."""
    return _estate(running)


def fingerprint(running: RunningServer, account_id: Any) -> dict[str, str]:
    """Everything that belongs to an account, as one hash for each table."""
    tables = running.rows(
        """select table_name from information_schema.columns
            where table_schema = 'public' and column_name = 'account_id'
              and table_name not in ('api_clients', 'trail_events', 'service_uses')"""
    )
    found = {}
    for row in tables:
        table = row["table_name"]
        text = f"""select coalesce(md5(string_agg(t::text, ' ' order by t::text)), '')
                     from {table} t where account_id = $1"""
        found[table] = running.value(text, account_id)
    return found


def calls(service: str, name: str, identifiers: list[bytes]) -> Iterator[Call]:
    """Plausible calls of an operation that name these identifiers."""
    operation = model(service).operation_model(name)
    for seed in range(SEEDS):
        params: dict[str, Any] = {}
        if operation.input_shape is not None:
            number = random.Random(f"{name}/{seed}").randrange(2**31)
            params = Plausible(number, identifiers).structure(operation.input_shape)
        made = request_of(operation, operation.service_model.protocol, params)
        headers = {k: v for k, v in made.headers.items() if k not in ("host", "content-length")}
        signing = operation.service_model.signing_name
        yield Call(signing, made.method, made.path, made.query, headers, made.body)


async def answers(wire: Wire, service: str, identifiers: list[bytes]) -> dict[str, list[Any]]:
    """What a client hears to plausible calls of every operation of a service."""
    heard: dict[str, list[Any]] = defaultdict(list)
    async with wire:
        for one, name in SERVED:
            if one == service:
                for call in calls(service, name, identifiers):
                    heard[name].append((call, await wire.call(call)))
    return heard


@pytest.mark.parametrize("service", sorted(operations.served()))
async def test_another_accounts_things_are_neither_seen_nor_changed(
    running: RunningServer, victim: Estate, attacker: Estate, service: str
) -> None:
    before = await asyncio.to_thread(fingerprint, running, victim.cloud.account.id)
    number = victim.cloud.account.number.encode()
    # half of the victim's things are named, and may be echoed; of the others nothing may be heard
    named, secret = victim.identifiers[::2], victim.identifiers[1::2]
    heard = await answers(attacker.wire(), service, [*named, *attacker.identifiers[::9]])
    for name, pairs in heard.items():
        for call, answer in pairs:
            assert answer.status < 500 or answer.status == 501, (name, call, answer)
            seen = [one for one in (*secret, number) if one in answer.body]
            where = [answer.body.partition(one)[0][-200:] for one in seen]
            assert seen == [], (name, call.body, where)
    assert await asyncio.to_thread(fingerprint, running, victim.cloud.account.id) == before
    if service == "ec2":
        assert sum(answer.status == 200 for pairs in heard.values() for _, answer in pairs) > 100


@pytest.mark.parametrize("service", sorted(operations.served()))
async def test_who_may_only_read_changes_nothing(
    running: RunningServer, victim: Estate, service: str
) -> None:
    before = await asyncio.to_thread(fingerprint, running, victim.cloud.account.id)
    wire = await asyncio.to_thread(victim.wire, "read:*")
    heard = await answers(wire, service, victim.identifiers)
    assert await asyncio.to_thread(fingerprint, running, victim.cloud.account.id) == before
    for name, pairs in heard.items():
        # to HEAD an error has no body
        codes = {error_code(told) for _, told in pairs if told.status >= 400 and told.body}
        if name.startswith(READS):
            # some services deny whoever names another account than the key's, in words of their own
            refused = [told.body for _, told in pairs if told.status >= 400]
            assert not any(BY_POLICY in body for body in refused), name
        elif service != "sts":
            assert [call for call, answer in pairs if answer.status == 200] == [], name
            # what is no valid request is refused before anybody asks who sent it
            assert codes & DENIED or codes <= INVALID, (name, codes)


async def test_who_may_write_volumes_writes_nothing_else(victim: Estate) -> None:
    wire = await asyncio.to_thread(victim.wire, "write:volumes")
    heard = await answers(wire, "ec2", victim.identifiers)
    allowed = {
        name
        for name, pairs in heard.items()
        if not any(error_code(answer) in DENIED for _, answer in pairs)
    }
    assert {"CreateVolume", "DeleteVolume", "AttachVolume", "DetachVolume"} <= allowed
    assert {
        name for name in allowed if "Volume" not in name or name.startswith("Describe")
    } == set()


@pytest.mark.parametrize(("action", "params"), PAGED)
async def test_a_page_token_serves_one_question_only(
    victim: Estate, attacker: Estate, action: str, params: dict[str, str]
) -> None:
    dice = random.Random(action)
    async with victim.wire() as mine, attacker.wire() as other:
        first = await mine.call(ec2(action, MaxResults="5", **params))
        token = text_of(first, "nextToken")
        assert token, first

        async def refused(wire: Wire, action: str = action, **more: str) -> None:
            given = {"MaxResults": "5", "NextToken": token, **params, **more}
            answer = await wire.call(ec2(action, **given))
            assert answer.status == 400, (more, answer)
            assert text_of(answer, "Code") == "InvalidNextToken", (more, answer)

        following = await mine.call(ec2(action, MaxResults="5", NextToken=token, **params))
        assert following.status == 200, following
        if action != "DescribeInstanceTypes":
            await refused(other)
        await refused(mine, **{"Filter.1.Name": "tag:Name", "Filter.1.Value.1": "x"})
        # the others take no owners
        params = {}
        for elsewhere, _ in PAGED:
            if elsewhere != action:
                await refused(mine, elsewhere)
        for _ in range(40):
            at = dice.randrange(len(token))
            letter = dice.choice("ABCxyz019-_")
            if letter != token[at]:
                await refused(mine, NextToken=token[:at] + letter + token[at + 1 :])
        for wrong in ("", token + "A", token[:-1], token * 2, "null", "AAAA", "é", token.lower()):
            if wrong:
                await refused(mine, NextToken=wrong)


async def test_connections_that_are_shared_mix_up_nobody(victim: Estate, attacker: Estate) -> None:
    mine = {one for one in victim.identifiers if one.startswith(b"vol-")}
    theirs = {one for one in attacker.identifiers if one.startswith(b"vol-")}

    async def look(estate: Estate, other: set[bytes], own: set[bytes]) -> None:
        async with estate.wire() as wire:
            for _ in range(25):
                answer: Answer = await wire.call(ec2("DescribeVolumes"))
                assert answer.status == 200
                assert not any(one in answer.body for one in other)
                assert sum(one in answer.body for one in own) > len(own) // 2

    await asyncio.gather(
        *(look(victim, theirs, mine) for _ in range(8)),
        *(look(attacker, mine, theirs) for _ in range(8)),
    )


async def test_the_account_is_the_keys_whatever_a_request_says(
    victim: Estate, attacker: Estate
) -> None:
    number = victim.cloud.account.number
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    async with attacker.wire() as wire:
        for more in (
            {"x-amz-account-id": number},
            {"x-amz-source-account": number},
            {"x-amz-source-arn": f"arn:aws:iam::{number}:root"},
            {"x-forwarded-for": "127.0.0.1"},
        ):
            answer = await wire.call(Call("sts", headers={**headers, **more}, body=body))
            assert text_of(answer, "Account") == attacker.cloud.account.number
        answer = await wire.call(
            Call("sts", headers=headers, body=body + b"&Account=" + number.encode())
        )
        assert number not in answer.body.decode()
