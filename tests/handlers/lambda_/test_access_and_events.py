"""Policies, addresses, layers, event sources, rules for events, signing and invocations."""

import json
from collections.abc import Callable
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.lambda_.functions import create, package


def test_a_policy_says_who_may_call(cloud: Cloud, lambdas: Any) -> None:
    arn = create(lambdas, cloud)["FunctionArn"]
    absent = ("ResourceNotFoundException", "The resource you requested does not exist.")
    assert refusal(lambdas.get_policy, FunctionName="ingest") == absent
    said = lambdas.add_permission(
        FunctionName="ingest", StatementId="s3", Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com", SourceAccount=cloud.account.number,
        SourceArn="arn:aws:s3:::drop",
    )["Statement"]  # fmt: skip
    assert json.loads(said) == {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": cloud.account.number},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::drop"},
        },
    }
    found = lambdas.get_policy(FunctionName="ingest")
    assert json.loads(found["Policy"]) == {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [json.loads(said)],
    }
    again = {"StatementId": "s3", "Action": "lambda:*", "Principal": "123456789012"}
    assert refusal(lambdas.add_permission, FunctionName="ingest", **again) == (
        "ResourceConflictException",
        "The statement id (s3) provided already exists. Please provide a new statement id, or"
        " remove the existing statement.",
    )
    assert refusal(
        lambdas.add_permission, FunctionName="ingest", StatementId="a", Action="lambda:*",
        Principal="nobody",
    )[1].startswith("The provided principal was invalid")  # fmt: skip
    assert refusal(
        lambdas.remove_permission, FunctionName="ingest", StatementId="s3", RevisionId="old"
    )[0] == "PreconditionFailedException"  # fmt: skip
    assert refusal(lambdas.remove_permission, FunctionName="ingest", StatementId="x") == (
        "ResourceNotFoundException",
        "Statement x is not found in resource policy.",
    )
    lambdas.remove_permission(
        FunctionName="ingest", StatementId="s3", RevisionId=found["RevisionId"]
    )
    assert refusal(lambdas.get_policy, FunctionName="ingest") == absent
    assert refusal(lambdas.remove_permission, FunctionName="ingest", StatementId="s3")[1] == (
        "No policy is associated with the given resource."
    )


def test_a_function_has_one_address(cloud: Cloud, lambdas: Any) -> None:
    create(lambdas, cloud)
    cors = {"AllowOrigins": ["*"], "MaxAge": 60}
    made = lambdas.create_function_url_config(
        FunctionName="ingest", AuthType="NONE", Cors=cors, InvokeMode="RESPONSE_STREAM"
    )
    assert made["FunctionUrl"].endswith(".lambda-url.us-east-1.on.aws/")
    assert refusal(lambdas.create_function_url_config, FunctionName="ingest", AuthType="NONE")[
        0
    ] == ("ResourceConflictException")
    changed = lambdas.update_function_url_config(FunctionName="ingest", AuthType="AWS_IAM")
    assert (changed["AuthType"], changed["Cors"], changed["FunctionUrl"]) == (
        "AWS_IAM",
        cors,
        made["FunctionUrl"],
    )
    [listed] = lambdas.list_function_url_configs(FunctionName="ingest")["FunctionUrlConfigs"]
    assert listed == {k: v for k, v in changed.items() if k != "ResponseMetadata"}
    assert refusal(lambdas.get_function_url_config, FunctionName="ingest", Qualifier="1")[0] == (
        "ValidationException"
    )
    assert refusal(lambdas.get_function_url_config, FunctionName="other") == (
        "ResourceNotFoundException",
        "Function does not exist",
    )
    lambdas.delete_function_url_config(FunctionName="ingest")
    assert refusal(lambdas.get_function_url_config, FunctionName="ingest") == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


def test_layers_are_shared_by_version(cloud: Cloud, other_cloud: Cloud, lambdas: Any) -> None:
    content = package("shared = True")
    for runtimes in (["python3.12"], ["python3.12", "python3.13"]):
        made = lambdas.publish_layer_version(
            LayerName="deps", Description="ours", Content={"ZipFile": content},
            CompatibleRuntimes=runtimes, CompatibleArchitectures=["arm64"], LicenseInfo="MIT",
        )  # fmt: skip
    assert (made["Version"], made["Content"]["CodeSize"]) == (2, len(content))
    arn = made["LayerVersionArn"]
    [layer] = lambdas.list_layers()["Layers"]
    assert (layer["LayerName"], layer["LatestMatchingVersion"]["Version"]) == ("deps", 2)
    assert lambdas.list_layers(CompatibleRuntime="nodejs22.x")["Layers"] == []
    versions = lambdas.list_layer_versions(LayerName="deps")["LayerVersions"]
    assert [one["Version"] for one in versions] == [2, 1]
    narrow = lambdas.list_layer_versions(LayerName="deps", CompatibleRuntime="python3.13")
    assert [one["Version"] for one in narrow["LayerVersions"]] == [2]
    first = lambdas.list_layer_versions(LayerName="deps", MaxItems=1)
    rest = lambdas.list_layer_versions(LayerName="deps", Marker=first["NextMarker"], MaxItems=1)
    assert [one["Version"] for one in rest["LayerVersions"]] == [1]
    create(lambdas, cloud, Layers=[arn])
    used = lambdas.get_function_configuration(FunctionName="ingest")["Layers"]
    assert used == [{"Arn": arn, "CodeSize": len(content)}]
    assert lambdas.get_layer_version_by_arn(Arn=arn)["Version"] == 2
    lambdas.add_layer_version_permission(
        LayerName="deps", VersionNumber=2, StatementId="all", Action="lambda:GetLayerVersion",
        Principal="*",
    )  # fmt: skip
    policy = lambdas.get_layer_version_policy(LayerName="deps", VersionNumber=2)["Policy"]
    assert [one["Resource"] for one in json.loads(policy)["Statement"]] == [arn]
    lambdas.remove_layer_version_permission(LayerName="deps", VersionNumber=2, StatementId="all")
    assert refusal(lambdas.get_layer_version_policy, LayerName="deps", VersionNumber=2) == (
        "ResourceNotFoundException",
        "No policy is associated with the given resource.",
    )
    theirs = other_cloud.client("lambda")
    assert refusal(theirs.get_layer_version_by_arn, Arn=arn)[0] == "ResourceNotFoundException"
    lambdas.delete_layer_version(LayerName="deps", VersionNumber=2)
    assert lambdas.list_layers()["Layers"][0]["LatestMatchingVersion"]["Version"] == 1
    # Who uses it keeps it; its number never comes again.
    assert lambdas.get_function_configuration(FunctionName="ingest")["Layers"] == used
    assert refusal(lambdas.get_layer_version, LayerName="deps", VersionNumber=2)[0] == (
        "ResourceNotFoundException"
    )
    assert (
        lambdas.publish_layer_version(LayerName="deps", Content={"ZipFile": content})["Version"]
        == 3
    )
    assert refusal(lambdas.get_layer_version, LayerName="deps", VersionNumber=0)[1] == (
        "Layer Version Cannot be less than 1"
    )


def test_a_queue_is_read_for_a_function(cloud: Cloud, lambdas: Any) -> None:
    arn = create(lambdas, cloud)["FunctionArn"]
    queue = f"arn:aws:sqs:us-east-1:{cloud.account.number}:jobs"
    made = lambdas.create_event_source_mapping(
        FunctionName="ingest", EventSourceArn=queue, Tags={"team": "data"},
        FilterCriteria={"Filters": [{"Pattern": '{"body": {"kind": ["a"]}}'}]},
    )  # fmt: skip
    assert (made["State"], made["BatchSize"], made["FunctionArn"]) == ("Creating", 10, arn)
    key = made["UUID"]
    shown = lambdas.get_event_source_mapping(UUID=key)
    assert (shown["State"], shown["MaximumBatchingWindowInSeconds"]) == ("Enabled", 0)
    assert lambdas.list_tags(Resource=shown["EventSourceMappingArn"])["Tags"] == {"team": "data"}
    assert refusal(
        lambdas.create_event_source_mapping, FunctionName="ingest", EventSourceArn=queue
    )[0] == "ResourceConflictException"  # fmt: skip
    assert refusal(lambdas.update_event_source_mapping, UUID=key, BatchSize=11) == (
        "InvalidParameterValueException",
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater"
        " than 10",
    )
    off = lambdas.update_event_source_mapping(
        UUID=key, Enabled=False, BatchSize=100, MaximumBatchingWindowInSeconds=5
    )
    assert off["State"] == "Disabling"
    shown = lambdas.get_event_source_mapping(UUID=key)
    assert (shown["State"], shown["BatchSize"], shown["MaximumBatchingWindowInSeconds"]) == (
        "Disabled",
        100,
        5,
    )
    assert shown["FilterCriteria"]["Filters"][0]["Pattern"].startswith('{"body"')
    create(lambdas, cloud, "other")
    listed = lambdas.list_event_source_mappings(FunctionName="other")
    assert listed["EventSourceMappings"] == []
    listed = lambdas.list_event_source_mappings(EventSourceArn=queue)
    assert [one["UUID"] for one in listed["EventSourceMappings"]] == [key]
    assert lambdas.delete_event_source_mapping(UUID=key)["State"] == "Deleting"
    assert refusal(lambdas.get_event_source_mapping, UUID=key) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


def test_streams_need_a_start_and_are_the_accounts_own(
    cloud: Cloud, lambdas: Any, sql: Sql
) -> None:
    create(lambdas, cloud)
    sql(
        "insert into streaming_clusters (account_id, name, engine, region)"
        " values ($1, 'clicks', 'kinesis', 'us-east-1')", cloud.account.id,
    )  # fmt: skip
    stream = f"arn:aws:kinesis:us-east-1:{cloud.account.number}:stream/"
    asked = {"FunctionName": "ingest", "EventSourceArn": stream + "clicks"}
    assert "startingPosition" in refusal(lambdas.create_event_source_mapping, **asked)[1]
    made = lambdas.create_event_source_mapping(
        **asked, StartingPosition="LATEST", ParallelizationFactor=4
    )
    assert (made["BatchSize"], made["ParallelizationFactor"]) == (100, 4)
    assert refusal(
        lambdas.create_event_source_mapping, FunctionName="ingest", EventSourceArn=stream + "no",
        StartingPosition="LATEST",
    ) == ("InvalidParameterValueException", f"Stream not found: {stream}no")  # fmt: skip
    assert refusal(
        lambdas.create_event_source_mapping, FunctionName="ingest",
        EventSourceArn=f"arn:aws:sqs:us-east-1:{cloud.account.number}:q",
        BisectBatchOnFunctionError=True,
    )[1].startswith("Unsupported BisectBatchOnFunctionError")  # fmt: skip
    assert refusal(
        lambdas.create_event_source_mapping, FunctionName="ingest",
        EventSourceArn=f"arn:aws:sqs:us-east-1:{cloud.account.number}:q",
        FilterCriteria={"Filters": [{"Pattern": "{"}]},
    ) == ("InvalidParameterValueException", "Invalid filter pattern definition.")  # fmt: skip


def test_rules_for_events_are_set_changed_and_taken_away(cloud: Cloud, lambdas: Any) -> None:
    arn = create(lambdas, cloud)["FunctionArn"]
    assert refusal(lambdas.get_function_event_invoke_config, FunctionName="ingest") == (
        "ResourceNotFoundException",
        f"The function {arn}:$LATEST doesn't have an EventInvokeConfig",
    )
    lambdas.put_function_event_invoke_config(
        FunctionName="ingest", MaximumRetryAttempts=1, MaximumEventAgeInSeconds=120
    )
    queue = f"arn:aws:sqs:us-east-1:{cloud.account.number}:failed"
    changed = lambdas.update_function_event_invoke_config(
        FunctionName="ingest", DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (1, 120)
    assert changed["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": queue}}
    [one] = lambdas.list_function_event_invoke_configs(FunctionName="ingest")[
        "FunctionEventInvokeConfigs"
    ]
    assert one["FunctionArn"] == f"{arn}:$LATEST"
    lambdas.delete_function_event_invoke_config(FunctionName="ingest")
    assert refusal(lambdas.delete_function_event_invoke_config, FunctionName="ingest")[0] == (
        "ResourceNotFoundException"
    )


def test_signing_runtimes_and_recursion(cloud: Cloud, lambdas: Any) -> None:
    arn = create(lambdas, cloud)["FunctionArn"]
    assert lambdas.get_function_code_signing_config(FunctionName="ingest")[
        "CodeSigningConfigArn"
    ] == ("")
    publisher = f"arn:aws:signer:us-east-1:{cloud.account.number}:/signing-profiles/ours/abcdefghij"
    made = lambdas.create_code_signing_config(
        Description="ours", AllowedPublishers={"SigningProfileVersionArns": [publisher]}
    )["CodeSigningConfig"]
    whole = made["CodeSigningConfigArn"]
    assert made["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    lambdas.put_function_code_signing_config(FunctionName="ingest", CodeSigningConfigArn=whole)
    follows = lambdas.list_functions_by_code_signing_config(CodeSigningConfigArn=whole)
    assert follows["FunctionArns"] == [arn]
    assert (
        refusal(lambdas.delete_code_signing_config, CodeSigningConfigArn=whole)[0]
        == "ResourceConflictException"
    )
    lambdas.delete_function_code_signing_config(FunctionName="ingest")
    lambdas.update_code_signing_config(CodeSigningConfigArn=whole, Description="theirs")
    [listed] = lambdas.list_code_signing_configs()["CodeSigningConfigs"]
    assert listed["Description"] == "theirs"
    lambdas.delete_code_signing_config(CodeSigningConfigArn=whole)
    assert lambdas.list_code_signing_configs()["CodeSigningConfigs"] == []
    assert lambdas.get_runtime_management_config(FunctionName="ingest")["UpdateRuntimeOn"] == "Auto"
    lambdas.put_runtime_management_config(FunctionName="ingest", UpdateRuntimeOn="FunctionUpdate")
    found = lambdas.get_runtime_management_config(FunctionName="ingest")
    assert (found["UpdateRuntimeOn"], found["FunctionArn"]) == ("FunctionUpdate", arn)
    assert lambdas.get_function_recursion_config(FunctionName="ingest")["RecursiveLoop"] == (
        "Terminate"
    )
    lambdas.put_function_recursion_config(FunctionName="ingest", RecursiveLoop="Allow")
    assert lambdas.get_function_recursion_config(FunctionName="ingest")["RecursiveLoop"] == "Allow"


def test_invocations_are_counted_and_give_no_result(
    cloud: Cloud, lambdas: Any, sql: Sql, tick: Callable[[], None]
) -> None:
    create(lambdas, cloud)
    tick()
    for kind, status in (("DryRun", 204), ("Event", 202)):
        taken = lambdas.invoke(FunctionName="ingest", InvocationType=kind, Payload=b"{}")
        assert (taken["StatusCode"], taken["Payload"].read()) == (status, b"")
    answer = lambdas.invoke(FunctionName="ingest", Payload=b'{"a": 1}')
    assert (answer["StatusCode"], answer["FunctionError"], answer["ExecutedVersion"]) == (
        200,
        "Unhandled",
        "$LATEST",
    )
    assert json.loads(answer["Payload"].read())["errorType"] == "Driftcloud.NotExecuted"
    assert refusal(lambdas.invoke, FunctionName="ingest", Payload=b"\x87")[0] == (
        "InvalidRequestContentException"
    )
    # Nobody else calls it: what clients asked for is all there is.
    sql(
        "update resource_profiles set requests = 0, profile = 'dead' where account_id = $1"
        " and resource_type = 'lambda_function'", cloud.account.id,
    )  # fmt: skip
    tick()
    payload = sql(
        "select metric_payload as payload from metrics_daily where account_id = $1"
        " and resource_type = 'lambda_function' order by date desc limit 1", cloud.account.id,
    )[0]["payload"]  # fmt: skip
    payload = json.loads(payload) if isinstance(payload, str) else payload
    assert (payload["invocations"], payload["errors"]) == (2, 1)
    tick()
    assert sql(
        "select current_invocations as calls from lambda_functions where account_id = $1",
        cloud.account.id,
    ) == [{"calls": 0}]
    lambdas.put_function_concurrency(FunctionName="ingest", ReservedConcurrentExecutions=0)
    assert refusal(lambdas.invoke, FunctionName="ingest") == (
        "TooManyRequestsException",
        "Rate Exceeded.",
    )
