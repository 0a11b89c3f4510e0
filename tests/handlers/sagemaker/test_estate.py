"""What an estate's account shows of SageMaker: jobs, studio, monitors, clusters."""

from typing import Any

import pytest

from emulator import control
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ec2.answers import Sql, refusal


@pytest.fixture(scope="module")
def estate(running: RunningServer) -> Cloud:
    """A startup's account, two days old."""
    account = running.open_account()
    running.run(
        control.estate_create(running.server.world, "startup", days=2, account=account.number)
    )
    running.server.clocks.forget()
    key = running.key(account)
    return Cloud(running, account, key["access_key_id"], key["secret_access_key"])


@pytest.fixture
def lab(estate: Cloud, sql: Sql) -> Any:
    """A client of SageMaker in the region of the estate's notebook."""
    [row] = sql(
        "select distinct region from sagemaker_resources where account_id = $1"
        " and kind = 'training-job'",
        estate.account.id,
    )
    return estate.client("sagemaker", row["region"])


JOBS = (
    ("training_jobs", "TrainingJob", "describe_training_job", "stop_training_job"),
    ("processing_jobs", "ProcessingJob", "describe_processing_job", "stop_processing_job"),
    ("transform_jobs", "TransformJob", "describe_transform_job", "stop_transform_job"),
    ("compilation_jobs", "CompilationJob", "describe_compilation_job", "stop_compilation_job"),
    ("hyper_parameter_tuning_jobs", "HyperParameterTuningJob",
     "describe_hyper_parameter_tuning_job", "stop_hyper_parameter_tuning_job"),
    ("auto_ml_jobs", "AutoMLJob", "describe_auto_ml_job_v2", "stop_auto_ml_job"),
)  # fmt: skip


@pytest.mark.parametrize(("plural", "word", "describe", "stop"), JOBS)
def test_jobs(lab: Any, sql: Sql, plural: str, word: str, describe: str, stop: str) -> None:
    found = getattr(lab, f"list_{plural}")(SortBy="Name", SortOrder="Ascending")
    summaries = found[f"{word}Summaries"]
    names = [one[f"{word}Name"] for one in summaries]
    assert names == sorted(names)
    assert names
    last = summaries[-1]
    shown = getattr(lab, describe)(**{f"{word}Name": last[f"{word}Name"]})
    assert shown[f"{word}Arn"] == last[f"{word}Arn"]
    assert shown[f"{word}Status"] == last[f"{word}Status"]
    assert shown[f"{word}Status"] in ("Completed", "COMPLETED")
    assert lab.list_tags(ResourceArn=shown[f"{word}Arn"])["Tags"]
    name = {f"{word}Name": last[f"{word}Name"]}
    assert refusal(getattr(lab, stop), **name)[0] == "ValidationException"
    running = "INPROGRESS" if shown[f"{word}Status"].isupper() else "InProgress"
    sql(
        "update sagemaker_resources set status = $2, ended_at = null where arn = $1",
        shown[f"{word}Arn"],
        running,
    )
    only = getattr(lab, f"list_{plural}")(StatusEquals=running)[f"{word}Summaries"]
    assert [one[f"{word}Name"] for one in only] == [last[f"{word}Name"]]
    getattr(lab, stop)(**name)
    status = getattr(lab, describe)(**name)[f"{word}Status"]
    assert status.lower() == "stopped"
    assert refusal(getattr(lab, describe), **{f"{word}Name": "absent"})[0] == (
        "ValidationException"
    )


def test_a_failed_job_says_why(lab: Any) -> None:
    [failed] = lab.list_training_jobs(StatusEquals="Failed")["TrainingJobSummaries"]
    shown = lab.describe_training_job(TrainingJobName=failed["TrainingJobName"])
    assert shown["FailureReason"].startswith("AlgorithmError")
    assert shown["SecondaryStatus"] == "Failed"


def test_a_studio(lab: Any) -> None:
    [domain] = lab.list_domains()["Domains"]
    shown = lab.describe_domain(DomainId=domain["DomainId"])
    assert (shown["AuthMode"], shown["Status"]) == ("IAM", "InService")
    profiles = lab.list_user_profiles(DomainIdEquals=domain["DomainId"])["UserProfiles"]
    assert len(profiles) == 2
    one = profiles[0]["UserProfileName"]
    described = lab.describe_user_profile(DomainId=domain["DomainId"], UserProfileName=one)
    assert described["UserProfileArn"].endswith(f"user-profile/{domain['DomainId']}/{one}")
    [space] = lab.list_spaces()["Spaces"]
    told = lab.describe_space(DomainId=domain["DomainId"], SpaceName=space["SpaceName"])
    assert told["OwnershipSettings"]["OwnerUserProfileName"] in {
        each["UserProfileName"] for each in profiles
    }
    for call, more in (
        (lab.describe_domain, {}),
        (lab.describe_user_profile, {"UserProfileName": one}),
        (lab.describe_space, {"SpaceName": "x"}),
    ):
        assert refusal(call, DomainId="d-absent", **more)[0] == "ResourceNotFound"


def test_features(lab: Any) -> None:
    [one] = lab.list_feature_groups()["FeatureGroupSummaries"]
    shown = lab.describe_feature_group(FeatureGroupName=one["FeatureGroupName"])
    assert (shown["FeatureGroupStatus"], len(shown["FeatureDefinitions"])) == ("Created", 3)
    assert lab.list_feature_groups(OfflineStoreStatusEquals="Blocked")[
        "FeatureGroupSummaries"
    ] == []  # fmt: skip
    lab.delete_feature_group(FeatureGroupName=one["FeatureGroupName"])
    assert refusal(lab.describe_feature_group, FeatureGroupName=one["FeatureGroupName"])[0] == (
        "ResourceNotFound"
    )


@pytest.mark.parametrize(
    "word", ["data_quality", "model_bias", "model_explainability", "model_quality"]
)
def test_monitors_of_an_endpoint(estate: Cloud, sql: Sql, word: str) -> None:
    [row] = sql(
        "select region, name from managed_services where account_id = $1"
        " and service_type = 'sagemaker-endpoint'",
        estate.account.id,
    )
    client = estate.client("sagemaker", row["region"])
    [one] = getattr(client, f"list_{word}_job_definitions")(EndpointName=row["name"])[
        "JobDefinitionSummaries"
    ]
    name = {"JobDefinitionName": one["MonitoringJobDefinitionName"]}
    shown = getattr(client, f"describe_{word}_job_definition")(**name)
    assert shown["JobDefinitionArn"] == one["MonitoringJobDefinitionArn"]
    getattr(client, f"delete_{word}_job_definition")(**name)
    assert refusal(getattr(client, f"describe_{word}_job_definition"), **name)[0] == (
        "ResourceNotFound"
    )


def test_the_endpoint_has_its_configuration_and_model(estate: Cloud, sql: Sql) -> None:
    [row] = sql(
        "select region, name from managed_services where account_id = $1"
        " and service_type = 'sagemaker-endpoint'",
        estate.account.id,
    )
    client = estate.client("sagemaker", row["region"])
    endpoint = client.describe_endpoint(EndpointName=row["name"])
    [variant] = endpoint["ProductionVariants"]
    config = client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    assert (
        config["ProductionVariants"][0]["InitialInstanceCount"] == (variant["CurrentInstanceCount"])
    )
    model = client.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    assert model["PrimaryContainer"]["Mode"] == "SingleModel"
    assert client.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"]


def test_the_estates_domains(estate: Cloud, sql: Sql) -> None:
    rows = sql(
        "select region, name, hourly_cost from managed_services where account_id = $1"
        " and service_type = 'opensearch'",
        estate.account.id,
    )
    assert rows
    for row in rows:
        client = estate.client("opensearch", row["region"])
        shown = client.describe_domain(DomainName=row["name"])["DomainStatus"]
        assert shown["EBSOptions"]["EBSEnabled"] is True
        assert shown["DomainProcessingStatus"] == "Active"
        # a change that changes nothing leaves the money as the estate had it
        client.update_domain_config(DomainName=row["name"], ClusterConfig={})
        config = client.describe_domain_config(DomainName=row["name"])["DomainConfig"]
        assert config["ClusterConfig"]["Status"]["UpdateVersion"] == 1
