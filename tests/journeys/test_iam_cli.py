"""IAM through the AWS CLI: profiles that assume roles in another account, and keys rotated."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fixtures.server import Cloud

AWS = Path(sys.executable).parent / "aws"


class Shell:
    """The AWS CLI with a configuration of its own."""

    def __init__(self, cloud: Cloud, home: Path) -> None:
        self._url = cloud.running.url
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        } | {
            "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
            "AWS_ENDPOINT_URL": self._url,
            "AWS_PAGER": "",
            "HOME": str(home),
        }
        self.home = home

    def run(self, profile: str, *words: str) -> tuple[Any, str]:
        """What is printed, read as JSON, and what is told as an error."""
        done = subprocess.run(
            [AWS, "--endpoint-url", self._url, "--profile", profile, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return json.loads(done.stdout) if done.stdout.strip() else None, done.stderr

    def ok(self, profile: str, *words: str) -> Any:
        """The same of a command that must go well."""
        answer, error = self.run(profile, *words)
        assert not error, error
        return answer


def credentials(home: Path, profile: str, key: str, secret: str) -> None:
    """Give a profile an access key."""
    with (home / "credentials").open("a") as file:
        file.write(f"[{profile}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")


def test_profiles_assume_roles_in_another_account(
    cloud: Cloud, other_cloud: Cloud, tmp_path: Path
) -> None:
    number, theirs = cloud.account.number, other_cloud.account.number
    shell = Shell(cloud, tmp_path)
    credentials(tmp_path, "admin", cloud.access_key_id, cloud.secret_access_key)
    credentials(tmp_path, "theirs", other_cloud.access_key_id, other_cloud.secret_access_key)
    role = f"arn:aws:iam::{theirs}:role/finops/scanner"
    (tmp_path / "config").write_text(
        "".join(f"[profile {name}]\nregion = us-east-1\n" for name in ("admin", "theirs", "agent"))
        + f"[profile scan]\nregion = us-east-1\nrole_arn = {role}\nsource_profile = agent\n"
        "external_id = acme-7\nrole_session_name = nightly\n"
    )
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{number}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "acme-7"}},
        },
    }
    shell.ok("theirs", "iam", "create-role", "--role-name", "scanner", "--path", "/finops/",
             "--assume-role-policy-document", json.dumps(trust))  # fmt: skip
    shell.ok("theirs", "iam", "attach-role-policy", "--role-name", "scanner", "--policy-arn",
             "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")  # fmt: skip
    shell.ok("admin", "iam", "create-user", "--user-name", "agent")
    may = {"Version": "2012-10-17",
           "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}}  # fmt: skip  # noqa: E501
    shell.ok("admin", "iam", "put-user-policy", "--user-name", "agent", "--policy-name", "scan",
             "--policy-document", json.dumps(may))  # fmt: skip
    made = shell.ok("admin", "iam", "create-access-key", "--user-name", "agent")["AccessKey"]
    credentials(tmp_path, "agent", made["AccessKeyId"], made["SecretAccessKey"])
    volume = other_cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)
    who = shell.ok("scan", "sts", "get-caller-identity")
    assert who["Arn"] == f"arn:aws:sts::{theirs}:assumed-role/scanner/nightly"
    [seen] = shell.ok("scan", "ec2", "describe-volumes")["Volumes"]
    assert seen["VolumeId"] == volume["VolumeId"]
    delete = ("ec2", "delete-volume", "--volume-id", volume["VolumeId"])
    _, error = shell.run("scan", *delete)
    assert "UnauthorizedOperation" in error
    encoded = error.partition("failure message: ")[2].split()[0]
    told = shell.ok("theirs", "sts", "decode-authorization-message", "--encoded-message", encoded)
    assert json.loads(told["DecodedMessage"])["context"]["action"] == "ec2:DeleteVolume"
    simulate = ("iam", "simulate-principal-policy", "--policy-source-arn", role,
                "--action-names", "ec2:DeleteVolume")  # fmt: skip
    [result] = shell.ok("theirs", *simulate)["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    grant = {"Version": "2012-10-17",
             "Statement": {"Effect": "Allow", "Action": "ec2:DeleteVolume", "Resource": "*"}}  # fmt: skip  # noqa: E501
    shell.ok("theirs", "iam", "put-role-policy", "--role-name", "scanner", "--policy-name", "act",
             "--policy-document", json.dumps(grant))  # fmt: skip
    [result] = shell.ok("theirs", *simulate)["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    shell.ok("scan", *delete)
    assert other_cloud.client("ec2").describe_volumes()["Volumes"] == []
    # without the policy of its own account the agent may not become the role any more
    shell.ok("admin", "iam", "delete-user-policy", "--user-name", "agent", "--policy-name", "scan")
    for cached in (tmp_path / ".aws" / "cli" / "cache").glob("*.json"):
        cached.unlink()
    _, error = shell.run("scan", "sts", "get-caller-identity")
    assert "AccessDenied" in error
    assert f"not authorized to perform: sts:AssumeRole on resource: {role}" in error
