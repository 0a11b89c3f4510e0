"""Versions, aliases, reserved and provisioned concurrency."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.lambda_.functions import create


def test_versions_never_change(cloud: Cloud, lambdas: Any) -> None:
    create(lambdas, cloud)
    first = lambdas.publish_version(FunctionName="ingest", Description="one")
    assert (first["Version"], first["Description"], first["MemorySize"]) == ("1", "one", 512)
    assert first["FunctionArn"].endswith(":function:ingest:1")
    # Nothing has changed: there is no other version.
    assert lambdas.publish_version(FunctionName="ingest")["Version"] == "1"
    lambdas.update_function_configuration(FunctionName="ingest", MemorySize=1024)
    assert lambdas.publish_version(FunctionName="ingest")["Version"] == "2"
    listed = lambdas.list_versions_by_function(FunctionName="ingest")["Versions"]
    assert [(one["Version"], one["MemorySize"]) for one in listed] == [
        ("$LATEST", 1024), ("1", 512), ("2", 1024),
    ]  # fmt: skip
    assert listed[0]["FunctionArn"].endswith(":ingest:$LATEST")
    again = lambdas.get_function_configuration(FunctionName="ingest", Qualifier="1")
    assert (again["MemorySize"], again["RevisionId"]) == (512, first["RevisionId"])
    lambdas.delete_function(FunctionName="ingest", Qualifier="2")
    lambdas.update_function_configuration(FunctionName="ingest", MemorySize=2048)
    # Numbers never come again.
    assert lambdas.publish_version(FunctionName="ingest")["Version"] == "3"
    assert refusal(lambdas.publish_version, FunctionName="ingest", CodeSha256="x" * 44)[0] == (
        "InvalidParameterValueException"
    )
    assert refusal(lambdas.get_function, FunctionName="ingest:2")[1].endswith(":ingest:2")


def test_aliases_point_to_versions(cloud: Cloud, lambdas: Any) -> None:
    create(lambdas, cloud)
    lambdas.publish_version(FunctionName="ingest")
    lambdas.update_function_configuration(FunctionName="ingest", MemorySize=256)
    lambdas.publish_version(FunctionName="ingest")
    made = lambdas.create_alias(FunctionName="ingest", Name="live", FunctionVersion="1")
    assert made["AliasArn"].endswith(":function:ingest:live")
    changed = lambdas.update_alias(
        FunctionName="ingest", Name="live", RevisionId=made["RevisionId"],
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )  # fmt: skip
    assert changed["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.25}}
    assert refusal(
        lambdas.update_alias, FunctionName="ingest", Name="live", RevisionId=made["RevisionId"]
    )[0] == "PreconditionFailedException"  # fmt: skip
    shown = lambdas.get_function(FunctionName="ingest:live")["Configuration"]
    assert (shown["Version"], shown["FunctionArn"]) == ("1", made["AliasArn"])
    assert [one["Name"] for one in lambdas.list_aliases(FunctionName="ingest")["Aliases"]] == [
        "live"
    ]
    assert lambdas.list_aliases(FunctionName="ingest", FunctionVersion="2")["Aliases"] == []
    for version in ("1", "2"):
        assert refusal(lambdas.delete_function, FunctionName="ingest", Qualifier=version) == (
            "ResourceConflictException",
            "Version can not be deleted because the following aliases reference it:"
            f" [{made['AliasArn']}]",
        )
    assert refusal(
        lambdas.create_alias, FunctionName="ingest", Name="live", FunctionVersion="2"
    ) == ("ResourceConflictException", f"Alias already exists: {made['AliasArn']}")
    assert refusal(
        lambdas.create_alias, FunctionName="ingest", Name="next", FunctionVersion="9"
    )[0] == "ResourceNotFoundException"  # fmt: skip
    assert refusal(
        lambdas.update_alias, FunctionName="ingest", Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}},
    )[1].startswith("Invalid function version 1.")  # fmt: skip
    lambdas.delete_alias(FunctionName="ingest", Name="live")
    lambdas.delete_alias(FunctionName="ingest", Name="live")
    assert refusal(lambdas.get_alias, FunctionName="ingest", Name="live") == (
        "ResourceNotFoundException",
        f"Cannot find alias arn: {made['AliasArn']}",
    )


def test_reserved_concurrency_leaves_a_hundred(cloud: Cloud, lambdas: Any) -> None:
    create(lambdas, cloud)
    create(lambdas, cloud, "second")
    assert lambdas.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000
    lambdas.put_function_concurrency(FunctionName="ingest", ReservedConcurrentExecutions=600)
    assert lambdas.get_function_concurrency(FunctionName="ingest") | {"ResponseMetadata": 0} == {
        "ReservedConcurrentExecutions": 600,
        "ResponseMetadata": 0,
    }
    assert lambdas.get_function(FunctionName="ingest")["Concurrency"] == {
        "ReservedConcurrentExecutions": 600
    }
    settings = lambdas.get_account_settings()
    assert settings["AccountLimit"]["UnreservedConcurrentExecutions"] == 400
    assert settings["AccountUsage"]["FunctionCount"] == 2
    assert settings["AccountUsage"]["TotalCodeSize"] > 0
    assert refusal(
        lambdas.put_function_concurrency, FunctionName="second", ReservedConcurrentExecutions=301
    ) == (
        "InvalidParameterValueException",
        "Specified ReservedConcurrentExecutions for function decreases account's"
        " UnreservedConcurrentExecution below its minimum value of [100].",
    )
    lambdas.put_function_concurrency(FunctionName="ingest", ReservedConcurrentExecutions=500)
    lambdas.put_function_concurrency(FunctionName="second", ReservedConcurrentExecutions=301)
    lambdas.delete_function_concurrency(FunctionName="second")
    assert "ReservedConcurrentExecutions" not in lambdas.get_function_concurrency(
        FunctionName="second"
    )


def test_warm_environments_cost_whoever_calls(cloud: Cloud, lambdas: Any, sql: Sql) -> None:
    create(lambdas, cloud, MemorySize=1024)
    row = "select * from lambda_functions where account_id = $1"
    assert refusal(
        lambdas.put_provisioned_concurrency_config, FunctionName="ingest", Qualifier="$LATEST",
        ProvisionedConcurrentExecutions=5,
    ) == (
        "InvalidParameterValueException",
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
    )  # fmt: skip
    lambdas.publish_version(FunctionName="ingest")
    lambdas.create_alias(FunctionName="ingest", Name="live", FunctionVersion="1")
    made = lambdas.put_provisioned_concurrency_config(
        FunctionName="ingest", Qualifier="live", ProvisionedConcurrentExecutions=20
    )
    assert (made["Status"], made["RequestedProvisionedConcurrentExecutions"]) == (
        "IN_PROGRESS",
        20,
    )
    # 20 x 1 GB x 730 h x 3600 s x 0.0000041667
    [before] = sql(row, cloud.account.id)
    assert (before["provisioned_concurrency"], before["estimated_monthly_cost"]) == (
        20,
        Decimal("219.0018"),
    )
    # What is kept warm is the version: it keeps its memory when the function changes.
    lambdas.update_function_configuration(FunctionName="ingest", MemorySize=128)
    assert sql(row, cloud.account.id)[0]["estimated_monthly_cost"] == Decimal("219.0018")
    shown = lambdas.get_provisioned_concurrency_config(FunctionName="ingest", Qualifier="live")
    assert (shown["Status"], shown["AllocatedProvisionedConcurrentExecutions"]) == ("READY", 20)
    assert refusal(
        lambdas.put_provisioned_concurrency_config, FunctionName="ingest", Qualifier="1",
        ProvisionedConcurrentExecutions=1,
    )[1].startswith("Alias can't be used")  # fmt: skip
    assert refusal(
        lambdas.put_provisioned_concurrency_config, FunctionName="ingest", Qualifier="live",
        ProvisionedConcurrentExecutions=901,
    )[1] == (
        "Specified ConcurrentExecutions for function is greater than account's unreserved"
        " concurrency [900]."
    )  # fmt: skip
    [one] = lambdas.list_provisioned_concurrency_configs(FunctionName="ingest")[
        "ProvisionedConcurrencyConfigs"
    ]
    assert (one["FunctionArn"].rpartition(":")[2], one["Status"]) == ("live", "READY")
    lambdas.delete_provisioned_concurrency_config(FunctionName="ingest", Qualifier="live")
    [after] = sql(row, cloud.account.id)
    assert (after["provisioned_concurrency"], after["estimated_monthly_cost"]) == (0, Decimal(0))
    assert refusal(
        lambdas.get_provisioned_concurrency_config, FunctionName="ingest", Qualifier="live"
    ) == (
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    )


def test_who_writes_the_column_finds_versions_in_step(cloud: Cloud, lambdas: Any, sql: Sql) -> None:
    create(lambdas, cloud)
    write = "update lambda_functions set provisioned_concurrency = $2 where account_id = $1"
    sql(write, cloud.account.id, 12)
    shown = lambdas.get_provisioned_concurrency_config(FunctionName="ingest", Qualifier="live")
    assert shown["RequestedProvisionedConcurrentExecutions"] == 12
    assert lambdas.get_alias(FunctionName="ingest", Name="live")["FunctionVersion"] == "1"
    sql(write, cloud.account.id, 3)
    [one] = lambdas.list_provisioned_concurrency_configs(FunctionName="ingest")[
        "ProvisionedConcurrencyConfigs"
    ]
    assert one["RequestedProvisionedConcurrentExecutions"] == 3
    sql(write, cloud.account.id, 0)
    assert (
        lambdas.list_provisioned_concurrency_configs(FunctionName="ingest")[
            "ProvisionedConcurrencyConfigs"
        ]
        == []
    )
