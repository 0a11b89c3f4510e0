"""The operator's view: the command line and the admin API of servers that run."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from emulator import cli, control
from tests.journeys.process import Process
from tests.journeys.rotation import Rotation
from tests.journeys.wire import Answer, Call, Wire, ec2, sign, text_of

# Seconds in which the workers have heard of what was done elsewhere, on the busiest machine.
MOMENTS = 20


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    """Two workers over one world with a small estate."""
    started = Process("--workers", "2", "--estate", "small", "--days", "3")
    started.start()
    yield started
    started.remove()


@pytest.fixture(scope="module")
def token(process: Process) -> str:
    """The admin token."""
    found: str = process.cli("admin", "token")["token"]
    return found


async def ask(
    process: Process, verb: str, token: str, body: Any = None, *, method: str = "POST"
) -> tuple[int, Any]:
    """Status and JSON of an admin call with a bearer token."""
    call = Call("", method, f"/_driftcloud/{verb}", body=orjson.dumps(body) if body else b"")
    async with Wire(process.url) as wire:
        answer = await wire.send(
            call, {"host": wire.name, "authorization": f"Bearer {token}"}, seconds=60
        )
    return answer.status, orjson.loads(answer.body)


async def on_both_workers(process: Process, call: Call, key: dict[str, str]) -> list[Answer]:
    """The same call over many connections, so that every worker answers some."""
    answers = []
    for _ in range(12):
        async with Wire(process.url, key["access_key_id"], key["secret_access_key"]) as wire:
            answers.append(await wire.call(call))
    return answers


async def until_both_answer(process: Process, key: dict[str, str], status: int) -> None:
    """Wait for what the workers are told of a key: it takes moments, more on a busy machine."""
    async with asyncio.timeout(MOMENTS):
        while {  # noqa: ASYNC110 - another process says so
            one.status for one in await on_both_workers(process, ec2("DescribeRegions"), key)
        } != {status}:
            await asyncio.sleep(0.02)


async def test_a_key_works_at_once_and_a_deleted_one_no_longer(process: Process) -> None:
    words = ("keys", "create", "--account", "123456789012", "--name", "agent")
    # JSON without asking for it: a secret is told once, and to a program
    made = await asyncio.to_thread(process.run, *words, "--scopes", "read:*,write:instances")
    key = json.loads(made.stdout)
    assert set(key) >= {"access_key_id", "secret_access_key"}
    for answer in await on_both_workers(process, ec2("DescribeRegions"), key):
        assert answer.status == 200
    create = ec2("CreateVolume", AvailabilityZone="us-east-1a", Size="1")
    for answer in (await on_both_workers(process, create, key))[:2]:
        assert (answer.status, text_of(answer, "Code")) == (403, "UnauthorizedOperation")
    assert (await process.command("keys", "disable", key["access_key_id"]))["status"] == "disabled"
    await until_both_answer(process, key, 401)
    await process.command("keys", "enable", key["access_key_id"])
    await until_both_answer(process, key, 200)
    async with Wire(process.url, key["access_key_id"], key["secret_access_key"]) as wire:
        assert (await wire.call(ec2("DescribeRegions"))).status == 200
        await process.command("keys", "delete", key["access_key_id"])
        await until_both_answer(process, key, 401)
        # nor over the connection on which it was good
        assert (await wire.call(ec2("DescribeRegions"))).status == 401


async def test_keys_tell_within_a_minute_when_they_were_used(process: Process) -> None:
    words = ("keys", "create", "--account", "123456789012", "--scopes", "*", "--name")
    busy, idle = [await process.command(*words, name) for name in ("busy", "idle")]

    async def used(key: dict[str, str]) -> Any:
        listed = await process.command("keys", "list")
        [row] = [one for one in listed if one["access_key_id"] == key["access_key_id"]]
        return row["last_used_at"]

    assert await used(busy) is None
    began = datetime.now(UTC)
    for answer in await on_both_workers(process, ec2("DescribeRegions"), busy):
        assert answer.status == 200
    done = datetime.now(UTC)
    while (told := await used(busy)) is None:
        assert datetime.now(UTC) - done < timedelta(seconds=60)
        await asyncio.sleep(1)
    assert began <= datetime.fromisoformat(told) <= done
    assert await used(idle) is None


async def test_a_new_master_key_is_taken_up_by_running_workers(process: Process) -> None:
    key = await process.command("keys", "create", "--name", "before")
    rotated = await process.command("keys", "rotate-master")
    assert rotated["version"] >= 2
    assert rotated["resealed"] >= 2
    later = await process.command("keys", "create", "--name", "after")
    for one in (key, later, {"access_key_id": "test", "secret_access_key": "test"}):
        for answer in await on_both_workers(process, ec2("DescribeRegions"), one):
            assert answer.status == 200
    # page tokens of one worker are good on the other
    page = ec2("DescribeVolumes", MaxResults="5")
    for answer in await on_both_workers(process, page, later):
        following = ec2("DescribeVolumes", MaxResults="5", NextToken=text_of(answer, "nextToken"))
        for one in (await on_both_workers(process, following, later))[:3]:
            assert one.status == 200, one
    status, _ = await ask(process, "accounts/list", rotated["version"], method="GET")
    assert status == 403
    fresh = (await process.command("admin", "token"))["token"]
    assert (await ask(process, "accounts/list", fresh, method="GET"))[0] == 200


async def test_a_day_from_the_command_line_is_seen_by_every_worker(process: Process) -> None:
    key = {"access_key_id": "test", "secret_access_key": "test"}
    call = ec2("DescribeVolumes", MaxResults="5")

    async def created() -> set[str]:
        return {text_of(one, "createTime") for one in await on_both_workers(process, call, key)}

    [before] = await created()
    ticked = await process.command("tick", "--days", "2")
    assert ticked["ok"]
    assert ticked["accountsProcessed"] == 1
    assert len(ticked["ticks"]) == 2
    async with asyncio.timeout(MOMENTS):
        while len(seen := await created()) > 1 or before in seen:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    [after] = seen
    assert (int(before[8:10]) - int(after[8:10])) % 28 in (0, 1, 2, 26, 27, 2 % 28)
    assert process.health()["accounts"][0]["virtualDate"] == ticked["simulatedDate"]


async def test_the_admin_api_needs_the_token_or_an_administrators_signature(
    process: Process,
) -> None:
    token = (await process.command("admin", "token"))["token"]
    for name in cli.verbs():
        method = "GET" if name in control.READS else "POST"
        verb = name.replace("_", "/", 1).replace("_", "-")
        for wrong in ("", token[:-1], token + "0", "é"):
            status, said = await ask(process, verb, wrong, method=method)
            assert status == 403, (verb, wrong)
            assert "driftcloud admin token" in said["error"]
        other = "POST" if method == "GET" else "GET"
        call = Call("", other, f"/_driftcloud/{verb}")
        async with Wire(process.url) as wire:
            answer = await wire.send(call, {"host": wire.name, "authorization": f"Bearer {token}"})
        assert (answer.status, f"takes {method}" in answer.body.decode()) == (405, True), verb
    call = Call("driftcloud", "GET", "/_driftcloud/accounts/list")
    administrator = await process.command("keys", "create", "--scopes", "admin:*")
    for key, expected in ((administrator, 200), ({"access_key_id": "test"}, 403)):
        secret = key.get("secret_access_key", "test")
        async with Wire(process.url) as wire:
            headers = sign(call, key["access_key_id"], secret, wire.name)
            assert (await wire.send(call, headers)).status == expected
            # a signature holds for what was signed, and for nothing else
            for changed in ("/_driftcloud/db/url", "/_driftcloud/accounts/list/"):
                call_2 = Call("driftcloud", "GET", changed)
                assert (await wire.send(call_2, headers)).status != 200
    await process.command("keys", "delete", administrator["access_key_id"])


async def test_verbs_over_http_answer_as_on_the_command_line(process: Process) -> None:
    token = (await process.command("admin", "token"))["token"]
    status, made = await ask(process, "accounts/create", token, {"name": "second"})
    assert status == 200
    number = made["account"]
    status, key = await ask(
        process, "keys/create", token, {"account": number, "scopes": "read:*", "name": "k"}
    )
    assert (status, key["account"], key["scopes"]) == (200, number, ["read:*"])
    status, listed = await ask(process, "keys/list", token, method="GET")
    assert key["access_key_id"] in {one["access_key_id"] for one in listed}
    assert "secret_access_key" not in listed[0]
    told = await process.command("keys", "list")
    # which may be told in between
    for one in (*listed, *told):
        del one["last_used_at"]
    assert listed == told
    status, said = await ask(process, "drift/set", token, {"account": number, "mess": 2})
    assert status == 200, said
    shown = {one["account"]: one for one in said["accounts"]}
    assert shown[number]["intensity"] == {"mess": 2.0}
    status, said = await ask(process, "drift/pause", token, {"account": number})
    assert {one["account"]: one["paused"] for one in said["accounts"]}[number] is True
    assert said["paused"] is False
    status, said = await ask(process, "drift/pause", token)
    assert said["paused"] is True
    status, said = await ask(process, "drift/resume", token)
    assert said["paused"] is False
    assert not any(one["paused"] for one in said["accounts"])
    status, said = await ask(process, "tick", token, {"account": number})
    assert (status, said["ok"], said["accountsProcessed"]) == (200, True, 1)
    status, said = await ask(process, "tick", token)
    assert (status, said["ok"], said["accountsProcessed"]) == (200, True, 2)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", said["simulatedDate"])
    assert (await ask(process, "accounts/delete", token, {"number": number}))[0] == 200
    await until_both_answer(process, key, 401)


async def test_a_users_keys_are_rotated_while_it_calls(process: Process) -> None:
    rotation = Rotation(process.url)
    await rotation.run()
    assert rotation.refused == []
    for answer in await on_both_workers(process, ec2("DescribeRegions"), rotation.keys[0]):
        assert answer.status == 401


async def test_a_rate_is_the_accounts_however_many_workers_answer(process: Process) -> None:
    key = {"access_key_id": "test", "secret_access_key": "test"}
    token = await fresh_token(process)
    known = {"VpcId": "vpc-0", "ServiceName": "none"}
    bogus = ec2("CreateVpcEndpoint", **known), ec2("DeleteVpcEndpoints", **{"VpcEndpointId.1": "-"})

    async def passed(call: Call, calls: int) -> int:
        count = 0
        for _ in range(calls):
            async with Wire(process.url, key["access_key_id"], key["secret_access_key"]) as wire:
                answer = await wire.call(call)
                count += text_of(answer, "Code") != "RequestLimitExceeded"
        return count

    # room for eight calls, of which one comes back in a second and two thirds
    assert (await ask(process, "throttle/on", token, {"scale": 2.0}))[0] == 200
    try:
        deadline = time.monotonic() + 20
        while await passed(bogus[0], 20) > 3:
            assert time.monotonic() < deadline, "the workers never heard of it"
        began = time.monotonic()
        count = await passed(bogus[1], 30)
        assert 8 <= count <= 8 + 0.6 * (time.monotonic() - began)
    finally:
        assert (await ask(process, "throttle/off", token))[0] == 200


BAD = [
    ("tick", {"days": 0}, "--days takes 1 to 3660"),
    ("tick", {"days": "many"}, "days must be of type int"),
    ("tick", {"day": 1}, "no such parameter: day; there are days, account"),
    ("tick", {"account": "999999999999"}, "there is no account 999999999999"),
    ("tick", ["days"], "the body must be a JSON object"),
    ("estate/create", {}, "missing: size"),
    ("estate/create", {"size": "vast"}, "vast"),
    ("estate/create", {"size": "small"}, "has an estate already"),
    ("estate/create", {"size": "small", "until": "soon"}, "--until takes a day"),
    ("keys/create", {"scopes": "fly"}, "no such scope: fly"),
    ("keys/create", {"scopes": "read:*,write:instance"}, "no such scope: write:instance;"),
    ("keys/create", {"access_key_id": "test"}, "exists already"),
    ("keys/create", {"access_key_id": "a b"}, "an access key id has"),
    ("keys/delete", {"access_key_id": "none"}, "there is no access key none"),
    ("accounts/create", {"name": "x", "number": "12"}, "twelve digits"),
    ("drift/set", {"mess": -1}, "mess is a number from 0 to 100"),
    ("drift/set", {"odds": "storm=1"}, "no such scenario: storm; there are"),
    ("drift/set", {"odds": "zombie_volume=2"}, "between 0 and 1"),
    ("drift/set", {"interval": 0}, "positive number"),
    ("drift/set", {"walk": "drunken"}, "walk is bounded or exact"),
    ("reset", {"estate": "vast"}, "vast"),
]


@pytest.mark.parametrize(("verb", "given", "message"), BAD)
async def test_what_cannot_be_done_is_explained(
    process: Process, verb: str, given: Any, message: str
) -> None:
    status, said = await ask(process, verb, await fresh_token(process), given)
    assert status == 400
    assert said["ok"] is False
    assert message in said["error"]
    assert process.health()["accounts"][0]["virtualDate"], "nothing was lost for it"


async def fresh_token(process: Process) -> str:
    """The admin token as it is now; asked for once per version of the master key."""
    master = (process.home / "master.key").read_text()
    if _tokens.get("master") != master:
        found = (await process.command("admin", "token"))["token"]
        _tokens.update(master=master, token=found)
    return _tokens["token"]


_tokens: dict[str, str] = {}


async def test_bodies_of_admin_calls_are_bounded(process: Process) -> None:
    token = await fresh_token(process)
    status, said = await ask(process, "tick", token, {"account": "1" * 70_000})
    assert (status, said["ok"]) == (413, False)
    call = Call("", "POST", "/_driftcloud/tick", body=b"{not json")
    async with Wire(process.url) as wire:
        headers = {"host": wire.name, "authorization": f"Bearer {token}"}
        answer = await wire.send(call, headers)
        assert (answer.status, b"not JSON" in answer.body) == (400, True)
        missing = await wire.send(Call("", "GET", "/_driftcloud/nothing"), headers)
        assert (missing.status, b"/_driftcloud/tick" in missing.body) == (404, True)


async def test_long_verbs_let_others_be_answered(process: Process) -> None:
    token = await fresh_token(process)
    made = await process.command("accounts", "create", "busy")
    given = {"size": "60", "days": 10, "account": made["account"]}
    creating = asyncio.create_task(ask(process, "estate/create", token, given))
    slowest, answered = 0.0, 0
    while not creating.done():
        async with Wire(process.url) as wire:
            began = time.monotonic()
            assert (await wire.call(ec2("DescribeVolumes", MaxResults="5"))).status == 200
            slowest, answered = max(slowest, time.monotonic() - began), answered + 1
        await asyncio.sleep(0.01)
    status, said = creating.result()
    assert status == 200, said
    assert answered > 5
    print(f"{answered} answered during an estate, the slowest in {slowest * 1000:.0f} ms")
    await process.command("accounts", "delete", made["account"])


def test_reset_keeps_the_keys(process: Process) -> None:
    kept = {"test", process.cli("keys", "create", "--name", "kept")["access_key_id"]}
    assert process.cli("reset") == {"reset": "all accounts"}
    assert process.health()["accounts"][0]["virtualDate"] is None
    again = process.cli("reset", "--estate", "small", "--seed", "5", "--days", "3")
    assert again["seed"] == 5
    assert process.health()["accounts"][0]["virtualDate"] == "2026-06-30"
    # an estate's own keys go and come with it
    assert kept <= {one["access_key_id"] for one in process.cli("keys", "list")}
    asyncio.run(describe(process))


async def describe(process: Process) -> None:
    """A call with the well-known key that must succeed."""
    async with Wire(process.url) as wire:
        answer = await wire.call(ec2("DescribeVolumes"))
    assert answer.status == 200
    assert b"<volumeId>" in answer.body


def test_commands_teach(
    process: Process, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    def said(*words: str, status: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        assert ended.value.code == status
        return capsys.readouterr().out

    top = said("--help")
    for group in {name.partition("_")[0] for name in cli.verbs()} | {"serve"}:
        assert f"\n    {group} " in top or f"\n    {group}\n" in top
    assert "driftcloud serve --estate startup" in top
    serve = said("serve", "--help")
    for setting in ("--host", "--data-dir", "--drift-interval SECONDS|off", "--workers"):
        assert setting in serve
    assert "same seed, same world" in said("estate", "create", "--help")
    said("estate", status=2)
    assert cli.main(["serve", "--port", "http"]) == 1
    assert "DRIFTCLOUD_PORT" in capsys.readouterr().err
    wrong = process.run("keys", "delete", "nobody")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == "driftcloud: there is no access key nobody; see driftcloud keys list\n"
    assert process.run("accounts", "list").stdout.startswith("account       name")


def test_every_line_of_the_log_is_json(process: Process) -> None:
    lines = process.log.read_text().splitlines()
    for line in lines:
        assert {"time", "level", "logger", "message"} <= set(orjson.loads(line))
    assert [line for line in lines if orjson.loads(line)["level"] == "error"] == []
