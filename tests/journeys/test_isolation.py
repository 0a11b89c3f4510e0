"""Isolation: whatever an account asks for, it neither sees nor changes what is another's."""

import asyncio
import random
from typing import Any

import pytest

from emulator import operations
from tests.fixtures.server import RunningServer
from tests.journeys import existence, lists
from tests.journeys.estates import Estate, answers, fingerprint, make_estate
from tests.journeys.wire import Answer, Call, Wire, ec2, text_of

SEEDS = 8
# Names of buckets are the world's: S3 says 403 of one that is somebody's, and 404 of no one's.
EVERYBODYS = frozenset(("s3", "s3control"))
# Lists that are the same for every account go on for every account.
TOLD_ALL = frozenset(("pricing",))
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


@pytest.fixture(scope="module")
def victim(running: RunningServer) -> Estate:
    """Whom the others are after."""
    return make_estate(running)


@pytest.fixture(scope="module")
def attacker(running: RunningServer) -> Estate:
    """Who has things of its own to join to the victim's."""
    return make_estate(running)


@pytest.fixture(autouse=True)
def unbound(running: RunningServer, attacker: Estate) -> None:
    """Among plausible calls is one that bounds who makes them; bound, nobody would try much."""
    running.rows(
        "update users set permissions_boundary = null"
        " where account_id = $1 and permissions_boundary is not null",
        attacker.cloud.account.id,
    )


@pytest.fixture(scope="module")
def before(running: RunningServer, victim: Estate) -> dict[str, str]:
    """Everything that the victim has, which nothing here may change."""
    return fingerprint(running, victim.cloud.account.id)


@pytest.mark.parametrize("service", sorted(operations.served()))
async def test_another_accounts_things_are_neither_seen_nor_changed(
    running: RunningServer,
    victim: Estate,
    attacker: Estate,
    before: dict[str, str],
    service: str,
) -> None:
    number = victim.cloud.account.number.encode()
    # half of the victim's things are named, and may be echoed; of the others nothing may be heard
    named, secret = victim.identifiers[::2], victim.identifiers[1::2]
    heard = await answers(attacker.wire(), service, [*named, *attacker.identifiers[::9]], SEEDS)
    for name, pairs in heard.items():
        for call, answer in pairs:
            assert answer.status < 500 or answer.status == 501, (name, call, answer)
            seen = [one for one in (*secret, number) if one in answer.body]
            where = [answer.body.partition(one)[0][-200:] for one in seen]
            assert seen == [], (name, call.body, where)
    assert await asyncio.to_thread(fingerprint, running, victim.cloud.account.id) == before
    if service == "ec2":
        assert sum(answer.status == 200 for pairs in heard.values() for _, answer in pairs) > 100


def differing(answers: list[tuple[int, bytes]]) -> bool:
    """Whether the middle one of three questions, of which the outer are the same, is told apart."""
    # what the first of two equal questions changed, it changed for the asker
    return answers[0] == answers[2] != answers[1]


async def told_apart(wire: Wire, service: str, found: tuple[existence.Thing, ...]) -> list[Any]:
    """Operations that tell things that are there from what is only called alike."""
    wrong = []
    async with wire:
        for name in operations.served()[service]:
            for real, nothing, named in existence.pairs(service, name, found):
                answers = [
                    existence.told(await wire.call(one), named) for one in (nothing, real, nothing)
                ]
                if differing(answers):
                    wrong.append((name, answers[:2]))
    return wrong


@pytest.mark.parametrize("service", sorted(set(operations.served()) - EVERYBODYS))
async def test_nothing_tells_whether_another_accounts_thing_is_there(
    running: RunningServer, victim: Estate, attacker: Estate, service: str
) -> None:
    found = await asyncio.to_thread(existence.things, running, victim.cloud.account.id)
    assert len(found) > 100
    assert await told_apart(attacker.wire(), service, found) == []


@pytest.mark.parametrize(("service", "least"), [("ec2", 5)])
async def test_who_owns_a_thing_is_told_that_it_is_there(
    running: RunningServer, attacker: Estate, service: str, least: int
) -> None:
    # the same questions, to know that they come far enough to tell
    found = await asyncio.to_thread(existence.things, running, attacker.cloud.account.id)
    apart = await told_apart(attacker.wire(), service, found)
    assert len({name for name, _ in apart}) >= least, sorted({name for name, _ in apart})


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


async def test_no_list_goes_on_for_another_account(victim: Estate, attacker: Estate) -> None:
    tried, taken = [], []
    async with victim.wire() as mine, attacker.wire() as other:
        for service in sorted(set(operations.served()) - EVERYBODYS - TOLD_ALL):
            for name, first, following in lists.of(service):
                token = lists.token(await mine.call(first), service, name)
                if token:
                    tried.append(f"{service}:{name}")
                    answers = [await wire.call(following(token)) for wire in (other, mine)]
                    if [answer.status // 100 for answer in answers] != [4, 2]:
                        taken.append((service, name, answers))
    assert taken == []
    assert len(tried) > 40, tried


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
