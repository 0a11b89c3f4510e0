"""Keys of few scopes: who may only look changes nothing, whatever is asked for."""

import asyncio
from typing import Any

import pytest

from emulator import operations
from tests.fixtures.server import RunningServer
from tests.journeys.estates import Estate, answers, fingerprint, make_estate
from tests.journeys.wire import error_code

# What a key may do does not depend on what is asked for: a few requests say it, of which one at
# least must be so valid that it is asked who sent it, and one answer says what may be read.
FEW, MOST = 3, 24
# Calls are told to EventBridge, as they are to CloudTrail, whoever makes them.
OUTBOX = "event_outbox"
BY_POLICY = b"because no identity-based policy allows"
INVALID = {"ValidationException", "ValidationError", "InvalidParameterException"}
DENIED = {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}
# What a key may call that may only read begins so.
READS = (
    "Describe", "Get", "Head", "List", "Filter", "TestEvent", "TestMetric", "StartQuery",
    "StopQuery", "Lookup", "Select", "BatchGet", "Simulate",
)  # fmt: skip


@pytest.fixture(scope="module")
def victim(running: RunningServer) -> Estate:
    """Who has handed out keys."""
    return make_estate(running)


@pytest.fixture(scope="module")
def before(running: RunningServer, victim: Estate) -> dict[str, str]:
    """Everything that there is, which nothing here may change."""
    return fingerprint(running, victim.cloud.account.id, OUTBOX)


@pytest.mark.parametrize("service", sorted(operations.served()))
async def test_who_may_only_read_changes_nothing(
    running: RunningServer, victim: Estate, before: dict[str, str], service: str
) -> None:
    wire = await asyncio.to_thread(victim.wire, "read:*")
    heard = await answers(wire, service, victim.identifiers, MOST, _is_enough)
    assert await asyncio.to_thread(fingerprint, running, victim.cloud.account.id, OUTBOX) == before
    for name, pairs in heard.items():
        codes = _codes(pairs)
        if name.startswith(READS):
            # some services deny whoever names another account than the key's, in words of their own
            refused = [told.body for _, told in pairs if told.status >= 400]
            assert not any(BY_POLICY in body for body in refused), name
        elif service != "sts":
            assert [call for call, answer in pairs if answer.status == 200] == [], name
            # what is no valid request is refused before anybody asks who sent it
            assert codes & DENIED or codes <= INVALID, (name, codes)


def _codes(pairs: list[Any]) -> set[str | None]:
    """The error codes that were heard; to HEAD an error has no body."""
    return {error_code(told) for _, told in pairs if told.status >= 400 and told.body}


def _is_enough(name: str, pairs: list[Any]) -> bool:
    if name.startswith(READS):
        return len(pairs) >= 2 * FEW or any(told.status < 300 for _, told in pairs)
    return len(pairs) >= FEW and bool(_codes(pairs) & DENIED)


def _is_denied(name: str, pairs: list[Any]) -> bool:
    return any(error_code(answer) in DENIED for _, answer in pairs)


async def test_who_may_write_volumes_writes_nothing_else(victim: Estate) -> None:
    wire = await asyncio.to_thread(victim.wire, "write:volumes")
    heard = await answers(wire, "ec2", victim.identifiers, MOST, _is_denied)
    allowed = {
        name
        for name, pairs in heard.items()
        if not any(error_code(answer) in DENIED for _, answer in pairs)
    }
    assert {"CreateVolume", "DeleteVolume", "AttachVolume", "DetachVolume"} <= allowed
    assert {
        name for name in allowed if "Volume" not in name or name.startswith("Describe")
    } == set()
