"""Handlers are found by their name and place, and asked for by those who may."""

import sys
import textwrap
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator import api, operations, permissions
from emulator.context import Context, Principal
from emulator.errors import Fault

Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a module into a package of handlers of the test's own."""
    root = tmp_path / "own_handlers"
    root.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(operations, "_root", lambda: root)
    monkeypatch.setattr(operations, "_handlers", {})
    cached = (operations._packages, operations._modules, operations.served)
    for one in cached:
        one.cache_clear()

    def write_module(place: str, text: str) -> None:
        path = root / f"{place}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))

    yield write_module
    for one in cached:
        one.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] == "own_handlers"]:
        del sys.modules[name]


async def test_find_imports_the_one_module(write: Write) -> None:
    write("ec2/volumes", "async def describe_volumes(ctx, params):\n    return {'Volumes': []}\n")
    write("ec2/instances", "raise RuntimeError('imported')\n")
    handler = operations.find("ec2", api.service("ec2").operations["DescribeVolumes"])
    assert handler is not None
    assert await handler(None, {}) == {"Volumes": []}  # type: ignore[arg-type]
    assert handler.__module__ == "own_handlers.ec2.volumes"
    assert operations.find("ec2", "DescribeVolumes") is handler
    assert operations.find("ec2", "DescribeInstances") is None
    assert operations.find("rds", "DescribeDBInstances") is None


def test_names_of_packages(write: Write) -> None:
    write("lambda_/functions", "async def list_functions(ctx, params): ...\n")
    write("resource_groups/groups", "async def list_groups(ctx, params): ...\n")
    write("rds/instances", "async def describe_db_instances(ctx, params): ...\n")
    assert operations.served() == {
        "lambda": ("ListFunctions",),
        "rds": ("DescribeDBInstances",),
        "resource-groups": ("ListGroups",),
    }
    assert operations.find("lambda", "ListFunctions") is not None
    assert operations.package_name("lambda") == "lambda_"
    assert operations.package_name("cost-optimization-hub") == "cost_optimization_hub"


def test_private_and_plain_functions_are_free(write: Write) -> None:
    write(
        "ec2/volumes",
        """
        async def _rows(ctx): ...
        def size_gib(volume): ...
        class Volume:
            async def load(self): ...
        async def describe_volumes(
            ctx: "Context", params: dict[str, object]
        ) -> None: ...
        """,
    )
    assert operations.served() == {"ec2": ("DescribeVolumes",)}


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        (
            {"ec2/volumes": "async def describe_volume(ctx, params): ..."},
            r"handlers/ec2/volumes\.py:1: describe_volume is no operation of this service; "
            r"did you mean describe_volumes\?",
        ),
        (
            {
                "ec2/a": "async def describe_volumes(ctx, params): ...",
                "ec2/b": "async def describe_volumes(ctx, params): ...",
            },
            r"handlers/ec2/b\.py:1: describe_volumes stands in handlers/ec2/a\.py:1 already",
        ),
        (
            {"ec2/volumes": "async def describe_volumes(ctx, params, more): ..."},
            r"must take \(ctx, params\), not \(ctx, params, more\)",
        ),
        (
            {"ec2/volumes": "async def describe_volumes(params, ctx): ..."},
            r"must take \(ctx, params\)",
        ),
        (
            {"lambdas/functions": "async def list_functions(ctx, params): ..."},
            r"handlers/lambdas/ is no service of AWS's; did you mean lambda_\?",
        ),
        (
            {"lambda/functions": "async def list_functions(ctx, params): ..."},
            r"handlers/lambda/ is no service of AWS's; did you mean lambda_\?",
        ),
    ],
)
def test_what_no_request_could_reach(write: Write, modules: dict[str, str], message: str) -> None:
    for place, text in modules.items():
        write(place, f"{text}\n")
    with pytest.raises(operations.HandlerError, match=message):
        operations.verify_all()


def test_the_handlers_of_this_project() -> None:
    served = operations.served()
    assert operations.counts() == {service: len(names) for service, names in served.items()}
    operations.verify_all()


def context(operation: str, *scopes: str) -> Context:
    service = api.service("ec2")
    arn = "arn:aws:iam::123456789012:user/agent"
    account = uuid.UUID(int=1)
    ctx = Context("id", "POST", "/", "", {}, operation=service.operations[operation])
    ctx.service = "ec2"
    ctx._principal = Principal("AK", account, account, "123456789012", "agent", arn, "ID", scopes)
    return ctx


async def authorise(ctx: Context, handler: operations.Handler) -> None:
    assert ctx.operation is not None
    access = operations.access(ctx.operation, handler)
    await permissions.authorise(ctx, access, permissions.known_of(ctx.principal, []))


async def test_authorise(write: Write) -> None:
    write(
        "ec2/volumes",
        """
        async def describe_volumes(ctx, params): ...
        async def delete_volume(ctx, params): ...
        """,
    )
    reads = operations.find("ec2", "DescribeVolumes")
    writes = operations.find("ec2", "DeleteVolume")
    assert reads is not None
    assert writes is not None
    for scope in ("read:*", "read:volumes", "*"):
        await authorise(context("DescribeVolumes", scope), reads)
    for scope in ("write:*", "write:volumes", "*"):
        await authorise(context("DeleteVolume", scope), writes)
    for scope in ("read:*", "write:instances", "admin:*"):
        with pytest.raises(Fault) as caught:
            await authorise(context("DeleteVolume", scope), writes)
        assert caught.value.kind == "denied"
        assert caught.value.fields["action"] == "ec2:DeleteVolume"
