"""STS through boto3: who calls, and temporary credentials."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from models import roles
from tests.fixtures.server import Cloud, RunningServer


def temporary(cloud: Cloud, service: str, credentials: dict[str, Any]) -> Any:
    """A client that signs with temporary credentials."""
    return cloud.client(
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def test_caller_identity_names_the_account_and_user(cloud: Cloud) -> None:
    answer = cloud.client("sts").get_caller_identity()
    assert answer["Account"] == cloud.account.number
    assert answer["Arn"] == f"arn:aws:iam::{cloud.account.number}:user/tester"
    assert answer["UserId"].startswith("AIDA")


def test_caller_identity_needs_no_permission(cloud: Cloud) -> None:
    few = cloud.with_scopes("read:volumes")
    assert few.client("sts").get_caller_identity()["Account"] == cloud.account.number


def test_session_token_acts_as_its_owner(cloud: Cloud) -> None:
    answer = cloud.client("sts").get_session_token(DurationSeconds=900)
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    left = credentials["Expiration"] - datetime.now(UTC)
    assert timedelta(seconds=840) < left <= timedelta(seconds=900)
    session = temporary(cloud, "sts", credentials)
    assert session.get_caller_identity()["Arn"].endswith(":user/tester")
    with pytest.raises(ClientError, match="Cannot call GetSessionToken with session credentials"):
        session.get_session_token()


def test_session_ends_with_its_parent_key(cloud: Cloud) -> None:
    from emulator import clients

    credentials = cloud.client("sts").get_session_token()["Credentials"]
    session = temporary(cloud, "sts", credentials)
    session.get_caller_identity()
    running = cloud.running
    running.run(clients.set_status(running.server.world, cloud.access_key_id, "disabled"))
    running.server.keys.invalidate_all()
    with pytest.raises(ClientError) as refused:
        session.get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"


def test_role_of_the_own_account_is_assumed(cloud: Cloud) -> None:
    arn = roles.arn(cloud.account.number, roles.READ_ONLY_ROLE)
    answer = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="audit")
    assert answer["AssumedRoleUser"]["Arn"] == (
        f"arn:aws:sts::{cloud.account.number}:assumed-role/{roles.READ_ONLY_ROLE}/audit"
    )
    session = temporary(cloud, "sts", answer["Credentials"])
    assert session.get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]
    ec2 = temporary(cloud, "ec2", answer["Credentials"])
    assert ec2.describe_instances()["Reservations"] == []
    with pytest.raises(ClientError) as refused:
        ec2.delete_volume(VolumeId="vol-00000000000000000")
    assert refused.value.response["Error"]["Code"] == "UnauthorizedOperation"


def test_role_of_another_account_is_assumed_only_where_it_trusts(
    cloud: Cloud, other_cloud: Cloud, running: RunningServer
) -> None:
    arn = roles.arn(other_cloud.account.number, roles.ORGANIZATION_ROLE)
    sts = cloud.client("sts")
    with pytest.raises(ClientError) as refused:
        sts.assume_role(RoleArn=arn, RoleSessionName="in")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    running.rows(
        "update roles set trusted = array_append(trusted, $2), external_id = 'x1' where arn = $1",
        arn,
        cloud.account.number,
    )
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        sts.assume_role(RoleArn=arn, RoleSessionName="in", ExternalId="x2")
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="in", ExternalId="x1")
    session = temporary(cloud, "sts", answer["Credentials"])
    assert session.get_caller_identity()["Account"] == other_cloud.account.number


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"RoleArn": "nothing-valid-in-here"}, "ValidationError", "in-here is invalid"),
        ({"RoleSessionName": "a:b"}, "ValidationError", "failed to satisfy constraint"),
        ({"DurationSeconds": 60}, "ValidationError", "durationSeconds"),
        ({"DurationSeconds": 43_201}, "ValidationError", "durationSeconds"),
    ],
)
def test_wrong_input_is_told_in_words(
    cloud: Cloud, params: dict[str, Any], code: str, words: str
) -> None:
    arn = roles.arn(cloud.account.number, roles.READ_ONLY_ROLE)
    sts = cloud.client("sts", config=Config(parameter_validation=False))
    with pytest.raises(ClientError, match=words) as refused:
        sts.assume_role(**{"RoleArn": arn, "RoleSessionName": "audit"} | params)
    assert refused.value.response["Error"]["Code"] == code
