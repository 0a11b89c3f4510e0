"""What an estate's functions show to a client."""

import json
from typing import Any

from emulator import control
from tests.fixtures.server import Cloud


def test_the_functions_of_an_estate_are_whole(cloud: Cloud, lambdas: Any) -> None:
    world = cloud.running.server.world
    cloud.running.run(control.estate_create(world, "200", days=1, account=cloud.account.number))
    cloud.running.server.clocks.forget()
    found: dict[str, list[Any]] = {"layers": [], "aliases": [], "warm": [], "policies": [],
                                   "sources": []}  # fmt: skip
    regions = cloud.running.rows(
        "select distinct region from lambda_functions where account_id = $1", cloud.account.id
    )
    for region in sorted(row["region"] for row in regions):
        client = cloud.client("lambda", region)
        found["layers"] += client.list_layers()["Layers"]
        found["sources"] += client.list_event_source_mappings()["EventSourceMappings"]
        pages = client.get_paginator("list_functions").paginate()
        for function in (one for page in pages for one in page["Functions"]):
            name = function["FunctionName"]
            aliases = client.list_aliases(FunctionName=name)["Aliases"]
            versions = client.list_versions_by_function(FunctionName=name)["Versions"]
            for alias in aliases:
                shown = client.get_function(FunctionName=name, Qualifier=alias["Name"])
                assert shown["Configuration"]["MemorySize"] == function["MemorySize"]
                assert alias["FunctionVersion"] == versions[-1]["Version"]
            found["aliases"] += aliases
            found["warm"] += client.list_provisioned_concurrency_configs(FunctionName=name)[
                "ProvisionedConcurrencyConfigs"
            ]
            try:
                policy = client.get_policy(FunctionName=name)["Policy"]
            except client.exceptions.ResourceNotFoundException:
                continue
            found["policies"].append(json.loads(policy))
    counts = {name: len(items) for name, items in found.items()}
    assert min(counts[name] for name in ("layers", "aliases", "warm", "policies")) > 0, counts
    assert {one["Status"] for one in found["warm"]} == {"READY"}
    warm = cloud.running.value(
        "select sum(provisioned_concurrency) from lambda_functions where account_id = $1",
        cloud.account.id,
    )
    assert sum(one["RequestedProvisionedConcurrentExecutions"] for one in found["warm"]) == warm
    mapped = cloud.running.value(
        "select count(*) from lambda_event_source_mappings where account_id = $1",
        cloud.account.id,
    )
    assert counts["sources"] == mapped
