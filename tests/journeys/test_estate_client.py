"""An operations agent keeps a copy of two other accounts and acts on them through the AWS CLI."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator import control
from tests.fixtures.server import Cloud, RunningServer
from tests.journeys import aws_cli

REGIONS = ("us-east-1", "us-west-2")
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
# What is looked at: words of the CLI, and the paths of the ids in its answer.
SCANS = {
    "instances": (("ec2", "describe-instances"), "Reservations[].Instances[].InstanceId"),
    "volumes": (("ec2", "describe-volumes"), "Volumes[].VolumeId"),
    "snapshots": (("ec2", "describe-snapshots", "--owner-ids", "self"), "Snapshots[].SnapshotId"),
    "vpcs": (("ec2", "describe-vpcs"), "Vpcs[].VpcId"),
    "subnets": (("ec2", "describe-subnets"), "Subnets[].SubnetId"),
    "groups": (("ec2", "describe-security-groups"), "SecurityGroups[].GroupId"),
    "databases": (("rds", "describe-db-instances"), "DBInstances[].DBInstanceIdentifier"),
    "clusters": (("rds", "describe-db-clusters"), "DBClusters[].DBClusterIdentifier"),
    "functions": (("lambda", "list-functions"), "Functions[].FunctionName"),
}  # fmt: skip
ROWS = {
    "instances": "select instance_id from instances where state <> 'terminated'",
    "volumes": "select volume_id from volumes where true",
    "snapshots": "select snapshot_id from snapshots where true",
    "vpcs": "select vpc_id from vpcs where true",
    "subnets": "select subnet_id from subnets where true",
    "groups": "select group_id from security_groups where true",
    "databases": "select identifier from rds_instances where true",
    "clusters": "select identifier from rds_clusters where true",
    "functions": "select name from lambda_functions where true",
}
MAIN = "pg-instance-main1"
VERBS = {
    "ec2:StartInstances": "start-instances",
    "ec2:StopInstances": "stop-instances",
    "ec2:RebootInstances": "reboot-instances",
    "ec2:TerminateInstances": "terminate-instances",
}


@dataclass(slots=True)
class Agent:
    """The agent's machine: profiles of its own account and of roles in two others."""

    environment: dict[str, str]
    url: str
    home: Cloud
    targets: dict[str, Cloud]

    def run(self, profile: str, *words: str, region: str = "us-west-2") -> tuple[Any, str]:
        """What is printed, read as JSON, and what is told as an error."""
        done = aws_cli.run(
            self.environment, "--endpoint-url", self.url, "--profile", profile,
            "--region", region, *words, keep=f"{self.url} {profile} {region}",
        )  # fmt: skip
        return json.loads(done.stdout) if done.stdout.strip() else None, done.stderr

    def ok(self, profile: str, *words: str, region: str = "us-west-2") -> Any:
        """The same of a command that must go well."""
        answer, error = self.run(profile, *words, region=region)
        assert not error, (words, error)
        return answer

    def role(self, profile: str) -> str:
        """The role that a profile assumes."""
        return f"arn:aws:iam::{self.targets[profile].account.number}:role/Operations"


def statement(effect: str, actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement of a policy."""
    return {"Effect": effect, "Action": actions, "Resource": resources, **more}


def document(*statements: dict[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_database(cloud: Cloud, name: str, **more: Any) -> None:
    """A small database in us-west-2."""
    cloud.client("rds", "us-west-2").create_db_instance(
        DBInstanceIdentifier=name, Engine="postgres", DBInstanceClass="db.t3.medium",
        AllocatedStorage=20, MasterUsername="admin1", MasterUserPassword="correct horse", **more,
    )  # fmt: skip


def make_estate(running: RunningServer) -> Cloud:
    """An account of a small company, and the key of its owner."""
    account = running.open_account()
    running.run(control.estate_create(running.server.world, "40", days=1, account=account.number))
    running.server.clocks.forget()
    key = running.key(account)
    return Cloud(running, account, key["access_key_id"], key["secret_access_key"])


def ids_of_living(cloud: Cloud) -> list[str]:
    """The instances of us-east-1: those whose id ends as the last one's must not be stopped."""
    rows = cloud.running.rows(
        "select instance_id from instances where account_id = $1 and region = 'us-east-1'"
        " and state in ('running', 'stopped') order by 1",
        cloud.account.id,
    )
    return [row["instance_id"] for row in rows]


def prepare(cloud: Cloud, home: Cloud) -> None:
    """What the owner of an account lets the agent's role do there."""
    iam, number = cloud.client("iam"), cloud.account.number
    trust = {
        **statement("Allow", "sts:AssumeRole"),
        "Principal": {"AWS": f"arn:aws:iam::{home.account.number}:root"},
        "Condition": {"StringEquals": {"sts:ExternalId": "estate-7"}},
    }
    del trust["Resource"]
    iam.create_role(RoleName="Operations", AssumeRolePolicyDocument=document(trust))
    iam.attach_role_policy(RoleName="Operations", PolicyArn=READ)
    end = ids_of_living(cloud)[-1][-1]
    policy = document(
        statement("Allow", ["ec2:StartInstances", "ec2:StopInstances", "ec2:RebootInstances"]),
        statement("Allow", ["rds:StopDBInstance", "rds:StartDBInstance", "rds:AddTagsToResource"]),
        statement("Deny", "ec2:TerminateInstances"),
        statement("Deny", "ec2:StopInstances", f"arn:aws:ec2:us-east-1:{number}:instance/*{end}"),
        statement("Deny", "rds:Stop*", f"arn:aws:rds:us-west-2:{number}:db:legacy-*"),
    )
    iam.put_role_policy(RoleName="Operations", PolicyName="act", PolicyDocument=policy)
    make_database(cloud, MAIN, BackupRetentionPeriod=7)
    make_database(cloud, "legacy-1")
    make_database(cloud, "orders")
    cloud.client("rds", "us-west-2").create_db_instance_read_replica(
        DBInstanceIdentifier="orders-copy", SourceDBInstanceIdentifier="orders"
    )


@pytest.fixture(scope="module")
def agent(running: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Agent:
    """The agent, two accounts that trust it, and its profiles."""
    folder: Path = tmp_path_factory.mktemp("agent")
    account = running.open_account()
    key = running.key(account)
    home = Cloud(running, account, key["access_key_id"], key["secret_access_key"])
    iam = home.client("iam")
    iam.create_user(UserName="agent")
    may = document(
        statement("Allow", "sts:AssumeRole", "arn:aws:iam::*:role/Operations"),
        statement("Allow", "sqs:*"),
    )
    iam.put_user_policy(UserName="agent", PolicyName="become", PolicyDocument=may)
    own = iam.create_access_key(UserName="agent")["AccessKey"]
    (folder / "credentials").write_text(
        f"[agent]\naws_access_key_id = {own['AccessKeyId']}\n"
        f"aws_secret_access_key = {own['SecretAccessKey']}\n"
    )
    targets = {name: make_estate(running) for name in ("shop", "data")}
    profiles = ["[profile agent]\nregion = us-west-2\n"]
    for name, target in targets.items():
        prepare(target, home)
        profiles.append(
            f"[profile {name}]\nsource_profile = agent\nexternal_id = estate-7\n"
            f"role_arn = arn:aws:iam::{target.account.number}:role/Operations\n"
            f"role_session_name = estate-{name}\nduration_seconds = 900\n"
        )
    (folder / "config").write_text("".join(profiles))
    environment = {
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_ENDPOINT_URL": running.url,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
        "HOME": str(folder),
    }
    return Agent(environment, running.url, home, targets)


def test_who_the_agent_is_in_each_account(agent: Agent) -> None:
    assert agent.ok("agent", "sts", "get-caller-identity")["Account"] == agent.home.account.number
    for name, target in agent.targets.items():
        number = target.account.number
        who = agent.ok(name, "sts", "get-caller-identity")
        assert who["Arn"] == f"arn:aws:sts::{number}:assumed-role/Operations/estate-{name}"
    _, error = agent.run("agent", "ec2", "describe-instances")
    assert "UnauthorizedOperation" in error
    # sessions say when they end, and nobody becomes the role without the external id
    role = ("--role-arn", agent.role("shop"), "--role-session-name", "by-hand")
    _, error = agent.run("agent", "sts", "assume-role", *role)
    assert "AccessDenied" in error
    made = agent.ok("agent", "sts", "assume-role", *role, "--external-id", "estate-7",
                    "--duration-seconds", "900")["Credentials"]  # fmt: skip
    assert made["Expiration"] > "2"
    assert made["AccessKeyId"].startswith("ASIA")


@pytest.mark.parametrize("name", ["shop", "data"])
def test_the_scan_finds_what_is_there(agent: Agent, name: str) -> None:
    cloud = agent.targets[name]
    found = 0
    for region in REGIONS:
        for kind, (words, path) in SCANS.items():
            pages = ("--page-size", "50" if kind == "functions" else "100", "--query", path)
            seen = agent.ok(name, *words, *pages, region=region)
            rows = cloud.running.rows(
                f"{ROWS[kind]} and account_id = $1 and region = $2", cloud.account.id, region
            )
            wanted = {next(iter(row.values())) for row in rows}
            assert wanted == set(seen), kind
            found += len(seen)
    assert found > 60
    buckets = agent.ok(name, "s3api", "list-buckets")["Buckets"]
    rows = cloud.running.rows(
        "select name, region from s3_buckets where account_id = $1", cloud.account.id
    )
    assert {one["Name"] for one in buckets} == {row["name"] for row in rows}
    row = rows[0]
    where = agent.ok(name, "s3api", "get-bucket-location", "--bucket", row["name"])
    assert (where["LocationConstraint"] or "us-east-1") == row["region"]
    for part in ("lifecycle-configuration", "tagging"):
        words = ("s3api", f"get-bucket-{part}", "--bucket", row["name"])
        _, error = agent.run(name, *words, region=row["region"])
        assert not error or "NoSuch" in error


def simulate(agent: Agent, profile: str, actions: Any, arns: list[str]) -> dict[Any, str]:
    """What is said of each action on each resource."""
    results = agent.ok(
        profile, "iam", "simulate-principal-policy", "--policy-source-arn", agent.role(profile),
        "--action-names", *actions, "--resource-arns", *arns,
    )["EvaluationResults"]  # fmt: skip
    return {
        (one["EvalActionName"], one["EvalResourceName"]): one["EvalDecision"] for one in results
    }


def test_what_is_simulated_for_each_instance_is_what_happens(agent: Agent) -> None:
    cloud = agent.targets["shop"]
    ids = ids_of_living(cloud)
    ids = sorted(ids, key=lambda one: one[-1] != ids[-1][-1])[:60]
    arns = {f"arn:aws:ec2:us-east-1:{cloud.account.number}:instance/{one}": one for one in ids}
    told = simulate(agent, "shop", VERBS, list(arns))
    assert len(told) == len(arns) * len(VERBS)
    assert set(told.values()) == {"allowed", "explicitDeny"}
    several = [*list(arns)[:2], *list(arns)[-2:]]
    for arn in several:
        for action, verb in VERBS.items():
            _, error = agent.run(
                "shop", "ec2", verb, "--instance-ids", arns[arn], "--dry-run", region="us-east-1"
            )
            allowed = told[action, arn] == "allowed"
            assert ("UnauthorizedOperation" in error) == (not allowed), (action, arn, error)
            assert ("explicit deny" in error) == (not allowed)
    assert len({told["ec2:StopInstances", arn] for arn in several}) == 2


def test_a_database_is_stopped_and_the_change_is_followed(agent: Agent) -> None:
    cloud = agent.targets["shop"]
    number, started = cloud.account.number, time.time()
    prefix = f"arn:aws:rds:us-west-2:{number}:db:"
    names = (MAIN, "legacy-1", "orders", "orders-copy")
    told = simulate(agent, "shop", ["rds:StopDBInstance"], [prefix + one for one in names])
    decisions = [told["rds:StopDBInstance", prefix + one] for one in names]
    assert decisions == ["allowed", "explicitDeny", "allowed", "allowed"]
    # the account's owner has calls told to a queue, which the agent's own account may read
    url = listen(agent, cloud)
    show = ("rds", "describe-db-instances", "--db-instance-identifier")
    stop = ("rds", "stop-db-instance", "--db-instance-identifier")
    [before] = agent.ok("shop", *show, MAIN)["DBInstances"]
    assert before["DBInstanceStatus"] == "available"
    assert before["BackupRetentionPeriod"] == 7
    # what permissions allow, replicas forbid
    [orders] = agent.ok("shop", *show, "orders")["DBInstances"]
    assert orders["ReadReplicaDBInstanceIdentifiers"] == ["orders-copy"]
    _, error = agent.run("shop", *stop, "orders")
    assert "InvalidDBInstanceState" in error
    _, error = agent.run("shop", *stop, "legacy-1")
    assert "AccessDenied" in error
    assert "with an explicit deny" in error
    done = agent.ok("shop", *stop, MAIN)["DBInstance"]
    assert done["DBInstanceStatus"] == "stopping"
    [after] = agent.ok("shop", *show, MAIN)["DBInstances"]
    assert after["DBInstanceStatus"] == "stopped"
    _, error = agent.run("shop", *stop, MAIN)
    assert "is not in available state" in error
    follow_trail(agent, number, started)
    follow_queue(agent, url, number)


def listen(agent: Agent, cloud: Cloud) -> str:
    """A queue that hears of calls to RDS and of machines, and lets the agent's account in."""
    number, home = cloud.account.number, agent.home.account.number
    sqs, events = cloud.client("sqs", "us-west-2"), cloud.client("events", "us-west-2")
    arn = f"arn:aws:sqs:us-west-2:{number}:changes"
    let = statement("Allow", ["SQS:ReceiveMessage", "SQS:DeleteMessage"], arn)
    send = statement("Allow", "SQS:SendMessage", arn)
    policy = document(
        let | {"Principal": {"AWS": f"arn:aws:iam::{home}:user/agent"}},
        send | {"Principal": {"Service": "events.amazonaws.com"}},
    )
    url: str = sqs.create_queue(QueueName="changes", Attributes={"Policy": policy})["QueueUrl"]
    pattern = {
        "source": ["aws.rds"], "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"eventName": ["StopDBInstance", "StartDBInstance"]},
    }  # fmt: skip
    events.put_rule(Name="changes", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="changes", Targets=[{"Id": "q", "Arn": arn}])
    return url


def follow_trail(agent: Agent, number: str, started: float) -> None:
    """The history of calls tells who stopped what, and what was refused."""
    agent.home.running.run(agent.home.running.server.trail.flush())
    told = agent.ok(
        "shop", "cloudtrail", "lookup-events", "--lookup-attributes",
        "AttributeKey=EventName,AttributeValue=StopDBInstance",
        "--start-time", str(int(started) - 5),
    )["Events"]  # fmt: skip
    calls = [json.loads(one["CloudTrailEvent"]) for one in told]
    assert len(calls) == 4
    [done] = [one for one in calls if not one.get("errorCode")]
    assert done["requestParameters"]["dBInstanceIdentifier"] == MAIN
    assert done["responseElements"]["dBInstance"]["dBInstanceStatus"] == "stopping"
    who = done["userIdentity"]
    assert who["arn"] == f"arn:aws:sts::{number}:assumed-role/Operations/estate-shop"
    assert who["sessionContext"]["sessionIssuer"]["userName"] == "Operations"
    refused = {one["errorCode"] for one in calls if one.get("errorCode")}
    assert refused == {"AccessDenied", "InvalidDBInstanceState"}


def follow_queue(agent: Agent, url: str, number: str) -> None:
    """The agent reads the other account's queue with the key of its own."""
    heard: list[dict[str, Any]] = []
    until = time.monotonic() + 10
    while time.monotonic() < until and not any("errorCode" not in one for one in heard):
        answer = agent.ok("agent", "sqs", "receive-message", "--queue-url", url,
                          "--max-number-of-messages", "10", "--wait-time-seconds", "1")  # fmt: skip
        for message in (answer or {}).get("Messages", ()):
            body = json.loads(message["Body"])
            assert body["account"] == number
            heard.append(body["detail"])
            agent.ok("agent", "sqs", "delete-message", "--queue-url", url,
                     "--receipt-handle", message["ReceiptHandle"])  # fmt: skip
    [done] = [one for one in heard if "errorCode" not in one]
    assert done["requestParameters"]["dBInstanceIdentifier"] == MAIN
    _, error = agent.run("agent", "sqs", "send-message", "--queue-url", url, "--message-body", "x")
    assert "because no resource-based policy allows the sqs:SendMessage action" in error


def test_machines_are_stopped_and_what_hangs_on_them_is_seen(agent: Agent) -> None:
    cloud = agent.targets["data"]
    [row] = cloud.running.rows(
        "select i.instance_id, v.volume_id from instances i join volumes v"
        " on v.attached_instance_id = i.instance_id where i.account_id = $1"
        " and i.region = 'us-east-1' and i.state = 'running' and right(i.instance_id, 1) <> $2"
        " and i.instance_lifecycle is null and not i.tags ? 'aws:autoscaling:groupName' limit 1",
        cloud.account.id, ids_of_living(cloud)[-1][-1],
    )  # fmt: skip
    asked = ("--instance-ids", row["instance_id"])
    east = {"region": "us-east-1"}
    [machine] = agent.ok("data", "ec2", "describe-instances", *asked, "--query",
                         "Reservations[].Instances[]", **east)  # fmt: skip
    attached = [one["Ebs"]["VolumeId"] for one in machine["BlockDeviceMappings"]]
    assert row["volume_id"] in attached
    [change] = agent.ok("data", "ec2", "stop-instances", *asked, **east)["StoppingInstances"]
    assert change["PreviousState"]["Name"] == "running"
    [[state]] = agent.ok("data", "ec2", "describe-instances", *asked, "--query",
                         "Reservations[].Instances[].[State.Name]", **east)  # fmt: skip
    assert state in ("stopping", "stopped")
    _, error = agent.run("data", "ec2", "terminate-instances", *asked, **east)
    assert "UnauthorizedOperation" in error
    agent.ok("data", "ec2", "start-instances", *asked, **east)


def test_one_service_fails_and_the_others_answer(agent: Agent) -> None:
    running, number = agent.home.running, agent.targets["shop"].account.number
    machines, databases = ("ec2", "describe-instances"), ("rds", "describe-db-instances")
    world = running.server.world
    running.run(control.faults_add(world, error="throttled", service="ec2", account=number))
    running.run(control.faults_add(world, error="unavailable", service="lambda", account=number))
    until, error = time.monotonic() + 5, ""
    while not error and time.monotonic() < until:
        _, error = agent.run("shop", *machines)
    assert "RequestLimitExceeded" in error
    _, error = agent.run("shop", "lambda", "list-functions")
    assert "ServiceException" in error or "ServiceUnavailable" in error
    try:
        names = [one["DBInstanceIdentifier"] for one in agent.ok("shop", *databases)["DBInstances"]]
        assert MAIN in names
        # the other account notices nothing
        assert agent.ok("data", *machines, region="us-east-1")["Reservations"]
    finally:
        running.run(control.faults_remove(world, "all"))
    until = time.monotonic() + 5
    while error and time.monotonic() < until:
        _, error = agent.run("shop", *machines)
    assert not error
