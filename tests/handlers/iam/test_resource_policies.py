"""Policies of buckets, queues and functions: who they let in, and whom they keep out."""

import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud
from tests.handlers.iam.acting import allow, as_user, deny, document, refusal

DENIED = "AccessDenied"
TLS = {"Bool": {"aws:SecureTransport": "false"}}


def to(statement: dict[str, Any], principal: Any) -> dict[str, Any]:
    """A statement of a resource's policy."""
    return statement | {"Principal": principal if principal == "*" else {"AWS": principal}}


def user_arn(cloud: Cloud, name: str) -> str:
    """A user's ARN."""
    return f"arn:aws:iam::{cloud.account.number}:user/{name}"


def root(cloud: Cloud) -> str:
    """The ARN that stands for an account."""
    return f"arn:aws:iam::{cloud.account.number}:root"


def bucket(cloud: Cloud, *statements: dict[str, Any], **objects: str) -> str:
    """A bucket with objects and a policy; `BUCKET` in resources is its name."""
    s3, name = cloud.client("s3"), f"b-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    for key, text in objects.items():
        s3.put_object(Bucket=name, Key=key, Body=text.encode())
    if statements:
        put_policy(cloud, name, *statements)
    return name


def put_policy(cloud: Cloud, name: str, *statements: dict[str, Any], open_it: bool = True) -> None:
    """Put a bucket's policy, which may be public."""
    s3 = cloud.client("s3")
    if open_it:
        s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=document(*statements).replace("BUCKET", name))


ALL = ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"]


def read(cloud: Cloud, name: str, key: str = "a") -> str:
    """What is read, or the code of the refusal."""
    return fetched(cloud.client("s3"), name, key)


def zipped() -> bytes:
    """A function's code."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): return 1")
    return packed.getvalue()


def invoked(functions: Any, **given: Any) -> dict[str, Any]:
    """The answer of a function, read to its end."""
    answer: dict[str, Any] = functions.invoke(**given)
    answer["Payload"].read()
    return answer


def fetched(s3: Any, name: str, key: str) -> str:
    """What a client reads, or the code of the refusal."""
    try:
        text: bytes = s3.get_object(Bucket=name, Key=key)["Body"].read()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return text.decode()


def test_a_bucket_lets_in_users_of_its_account(cloud: Cloud) -> None:
    ada, bob = as_user(cloud, "ada"), as_user(cloud, "bob")
    name = bucket(cloud, to(allow("s3:GetObject", ALL[1]), user_arn(cloud, "ada")), a="hello")
    assert read(ada, name) == "hello"
    assert read(bob, name) == DENIED
    # the account itself is no user: its own policies must allow
    put_policy(cloud, name, to(allow("s3:GetObject", ALL[1]), root(cloud)))
    assert read(ada, name) == DENIED
    put_policy(cloud, name, to(allow("s3:GetObject", ALL[1]), "*"))
    assert read(bob, name) == "hello"
    assert refusal(bob.client("s3").put_object, Bucket=name, Key="b", Body=b"")[0] == DENIED
    cloud.client("s3").delete_bucket_policy(Bucket=name)
    assert read(bob, name) == DENIED


def test_a_buckets_deny_wins_over_everything(cloud: Cloud) -> None:
    name = bucket(cloud, to(deny("s3:DeleteObject", ALL[1]), "*"), a="hello")
    code, message = refusal(cloud.client("s3").delete_object, Bucket=name, Key="a")
    assert code == DENIED
    assert message == (
        f"User: {user_arn(cloud, 'tester')} is not authorized to perform: s3:DeleteObject on"
        f' resource: "arn:aws:s3:::{name}/a" with an explicit deny in a resource-based policy'
    )
    put_policy(cloud, name, to(deny("s3:*", ALL, **TLS), "*"))
    # the endpoint stands for one that is reached by TLS
    assert read(cloud, name) == "hello"
    exempt = {"NotPrincipal": {"AWS": [user_arn(cloud, "tester"), root(cloud)]}}
    put_policy(cloud, name, {**deny("s3:GetObject", ALL[1]), **exempt})
    assert read(cloud, name) == "hello"
    cloud.client("s3").delete_object(Bucket=name, Key="a")


def test_bounds_hold_roles_but_not_what_a_policy_grants_a_user(cloud: Cloud) -> None:
    iam, number = cloud.client("iam"), cloud.account.number
    ada = as_user(cloud, "ada", allow("sts:AssumeRole"))
    none = iam.create_policy(PolicyName="none", PolicyDocument=document(allow("sqs:*")))
    bound = {"PermissionsBoundary": none["Policy"]["Arn"]}
    iam.put_user_permissions_boundary(UserName="ada", **bound)
    trust = document({"Effect": "Allow", "Principal": {"AWS": root(cloud)},
                      "Action": "sts:AssumeRole"})  # fmt: skip
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust, **bound)["Role"]["Arn"]
    name = bucket(
        cloud, to(allow("s3:GetObject", ALL[1]), [user_arn(cloud, "ada"), role]), a="hello"
    )
    assert read(ada, name) == "hello"
    got = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="night")["Credentials"]
    session = _Session(cloud, got)
    assert read(session, name) == DENIED
    # a grant to the session itself is under no bound
    mine = f"arn:aws:sts::{number}:assumed-role/r/night"
    put_policy(cloud, name, to(allow("s3:GetObject", ALL[1]), mine))
    assert read(session, name) == "hello"
    # the scopes that an operator gave a key are bounds whatever resources say
    few = cloud.with_scopes("read:volumes")
    assert read(few, name) == DENIED
    put_policy(cloud, name, to(allow("s3:GetObject", ALL[1]), "*"))
    assert read(few, name) == DENIED


class _Session(Cloud):
    """An account through temporary credentials."""

    def __init__(self, cloud: Cloud, got: dict[str, Any]) -> None:
        super().__init__(cloud.running, cloud.account, got["AccessKeyId"], got["SecretAccessKey"])
        self.token = got["SessionToken"]

    def client(self, service: str, region: str = "us-east-1", **more: Any) -> Any:
        return super().client(service, region, aws_session_token=self.token, **more)

    __slots__ = ("token",)


def test_buckets_across_accounts(cloud: Cloud, other_cloud: Cloud, sql: Any) -> None:
    guest = as_user(other_cloud, "guest", allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"]))
    poor = as_user(other_cloud, "poor", allow("s3:ListBucket"))
    name = bucket(cloud, a="hello")
    private = bucket(cloud, a="secret")
    assert read(guest, name) == DENIED
    put_policy(cloud, name, to(allow(["s3:GetObject", "s3:List*", "s3:PutObject"], ALL),
                               root(other_cloud)), open_it=False)  # fmt: skip
    assert read(guest, name) == "hello"
    # both accounts must allow
    assert read(poor, name) == DENIED
    s3 = guest.client("s3")
    assert [one["Key"] for one in poor.client("s3").list_objects_v2(Bucket=name)["Contents"]] == [
        "a"
    ]
    code, message = refusal(s3.delete_object, Bucket=name, Key="a")
    assert code == DENIED
    assert "because no identity-based policy allows the s3:DeleteObject action" in message
    admin = other_cloud.client("s3")
    code, message = refusal(admin.delete_object, Bucket=name, Key="a")
    assert "because no resource-based policy allows the s3:DeleteObject action" in message
    # what is put is the bucket owner's, and nothing else of the owner is in reach
    s3.put_object(Bucket=name, Key="b", Body=b"theirs")
    [row] = sql("select o.account_id from s3_objects o join s3_buckets b on b.id = o.bucket_id"
                " where b.name = $1 and o.key = 'b'", name)  # fmt: skip
    assert row["account_id"] == cloud.account.id
    assert read(cloud, name, "b") == "theirs"
    assert read(guest, private) == DENIED
    assert (
        s3.list_objects_v2(Bucket=name, ExpectedBucketOwner=cloud.account.number)["KeyCount"] == 2
    )
    assert refusal(
        s3.list_objects_v2, Bucket=name, ExpectedBucketOwner=other_cloud.account.number
    )[0] == DENIED  # fmt: skip
    # a copy must not read what only the owner may
    copy = {"Bucket": name, "Key": "c"}
    assert refusal(s3.copy_object, **copy, CopySource=f"{private}/a")[0] == DENIED
    s3.copy_object(**copy, CopySource=f"{name}/a")
    assert read(cloud, name, "c") == "hello"
    # policies stay with the owner
    put_policy(cloud, name, to(allow("s3:*", ALL), root(other_cloud)), open_it=False)
    assert refusal(admin.get_bucket_policy, Bucket=name) == (
        "MethodNotAllowed", "The specified method is not allowed against this resource.",
    )  # fmt: skip
    assert admin.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    put_policy(cloud, name, to(deny("s3:*", ALL), user_arn(other_cloud, "guest")),
               to(allow("s3:*", ALL), root(other_cloud)), open_it=False)  # fmt: skip
    assert read(guest, name) == DENIED
    assert read(other_cloud, name) == "hello"


def test_public_buckets_and_what_blocks_them(cloud: Cloud, other_cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    name = bucket(cloud, to(allow("s3:GetObject", ALL[1]), "*"), a="hello")
    assert read(other_cloud, name) == "hello"
    s3.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    assert read(other_cloud, name) == DENIED
    assert read(as_user(cloud, "ada"), name) == "hello"
    # who is named is not the public
    put_policy(cloud, name, to(allow("s3:GetObject", ALL[1]), root(other_cloud)), open_it=False)
    assert read(other_cloud, name) == "hello"


def test_anybody_reads_what_is_public_and_nothing_else(cloud: Cloud) -> None:
    s3, private = cloud.client("s3"), bucket(cloud, b="secret")
    name = bucket(cloud, to(allow("s3:GetObject", ALL[1]), "*"), **{"open": "hello"})
    fenced = bucket(
        cloud,
        to(allow(["s3:GetObject", "s3:ListBucket"], ALL,
                 IpAddress={"aws:SourceIp": "10.0.0.0/8"}), "*"),
        a="inside",
    )  # fmt: skip
    anybody = cloud.client("s3", config=Config(signature_version=UNSIGNED))
    assert fetched(anybody, name, "open") == "hello"
    assert anybody.head_object(Bucket=name, Key="open")["ContentLength"] == 5
    denied = ("AccessDenied", "Access Denied")
    assert refusal(anybody.list_objects_v2, Bucket=name) == denied
    assert refusal(anybody.get_object, Bucket=private, Key="b") == denied
    assert refusal(anybody.get_object, Bucket=fenced, Key="a") == denied
    assert refusal(anybody.put_object, Bucket=name, Key="new", Body=b"")[0] == "AccessDenied"
    assert refusal(anybody.get_bucket_policy, Bucket=name)[0] == "AccessDenied"
    assert refusal(anybody.get_object, Bucket=f"{name}-none", Key="a") == (
        "NoSuchBucket", "The specified bucket does not exist",
    )  # fmt: skip
    listing = to(allow("s3:ListBucket", ALL[0]), "*")
    put_policy(cloud, name, listing, to(allow("s3:GetObject", ALL[1]), "*"))
    assert [one["Key"] for one in anybody.list_objects_v2(Bucket=name)["Contents"]] == ["open"]
    s3.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    assert refusal(anybody.get_object, Bucket=name, Key="open") == denied


@pytest.mark.parametrize(
    "statement",
    [
        to(allow("s3:GetObject", ALL[1]), "not-an-arn"),
        to(allow("GetObject", ALL[1]), "*"),
        to(allow("s3:GetObject", ALL[1], StringEqual={"aws:username": "x"}), "*"),
        {**allow("s3:GetObject", ALL[1]), "Principal": {"Aws": "*"}},
    ],
)
def test_policies_that_no_call_could_be_judged_by(cloud: Cloud, statement: dict[str, Any]) -> None:
    name = bucket(cloud)
    text = document(statement).replace("BUCKET", name)
    assert refusal(cloud.client("s3").put_bucket_policy, Bucket=name, Policy=text)[0] == (
        "MalformedPolicy"
    )


def test_queues_across_accounts(cloud: Cloud, other_cloud: Cloud) -> None:
    sqs, theirs = cloud.client("sqs"), other_cloud.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{cloud.account.number}:orders"
    send = {"QueueUrl": url, "MessageBody": "one"}
    absent = "AWS.SimpleQueueService.NonExistentQueue"
    assert refusal(theirs.send_message, **send)[0] == absent
    policy = document(to(allow("SQS:SendMessage", arn), other_cloud.account.number))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    theirs.send_message(**send)
    theirs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "two"}])
    code, message = refusal(theirs.receive_message, QueueUrl=url)
    assert code == "AccessDeniedException"
    assert "because no resource-based policy allows the sqs:ReceiveMessage action" in message
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert {one["Body"] for one in got} == {"one", "two"}
    # what AWS lets nobody else do, no policy gives
    policy = document(to(allow("SQS:*", arn), root(other_cloud)))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    assert refusal(theirs.delete_queue, QueueUrl=url)[0] == absent
    asked = {"QueueName": "orders", "QueueOwnerAWSAccountId": cloud.account.number}
    assert theirs.get_queue_url(**asked)["QueueUrl"] == url
    ada = as_user(cloud, "ada", allow("sqs:SendMessage"))
    ada.client("sqs").send_message(**send)
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": document(to(deny("SQS:SendMessage", arn), "*"))}
    )
    for one in (cloud, ada, other_cloud):
        assert "explicit deny in a resource-based policy" in refusal(
            one.client("sqs").send_message, **send
        )[1]  # fmt: skip
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": '{"a": 1}'}) == (
        "InvalidAttributeValue", "Invalid value for the parameter Policy.",
    )  # fmt: skip


def test_functions_across_accounts(cloud: Cloud, other_cloud: Cloud) -> None:
    mine, theirs = cloud.client("lambda"), other_cloud.client("lambda")
    arn = mine.create_function(
        FunctionName="fn", Runtime="python3.12", Handler="main.handler",
        Role=f"arn:aws:iam::{cloud.account.number}:role/FinOpsReadOnly",
        Code={"ZipFile": zipped()}, Publish=True,
    )["FunctionArn"].removesuffix(":1")  # fmt: skip
    assert refusal(theirs.invoke, FunctionName=arn)[0] == "AccessDeniedException"
    given = {"FunctionName": "fn", "StatementId": "s", "Action": "lambda:InvokeFunction"}
    mine.add_permission(**given, Principal=other_cloud.account.number)
    assert invoked(theirs, FunctionName=arn)["StatusCode"] == 200
    partial = f"{cloud.account.number}:function:fn"
    assert invoked(theirs, FunctionName=partial)["StatusCode"] == 200
    assert refusal(theirs.get_function, FunctionName=arn)[0] == "AccessDeniedException"
    # each version and alias has a policy of its own
    assert refusal(theirs.invoke, FunctionName=f"{arn}:1")[0] == "AccessDeniedException"
    mine.add_permission(**given, Principal=user_arn(other_cloud, "tester"), Qualifier="1")
    assert invoked(theirs, FunctionName=arn, Qualifier="1")["ExecutedVersion"] == "1"
    poor = as_user(other_cloud, "poor")
    assert refusal(poor.client("lambda").invoke, FunctionName=arn)[0] == "AccessDeniedException"
    # in the function's own account either side may allow
    ada = as_user(cloud, "ada")
    assert refusal(ada.client("lambda").invoke, FunctionName="fn")[0] == "AccessDeniedException"
    mine.add_permission(**given | {"StatementId": "ada"}, Principal=user_arn(cloud, "ada"))
    assert invoked(ada.client("lambda"), FunctionName="fn")["StatusCode"] == 200
    mine.remove_permission(FunctionName="fn", StatementId="s")
    assert refusal(theirs.invoke, FunctionName=arn)[0] == "AccessDeniedException"


def test_a_queues_permissions_by_label(cloud: Cloud, other_cloud: Cloud) -> None:
    sqs, theirs = cloud.client("sqs"), other_cloud.client("sqs")
    url = sqs.create_queue(QueueName="open")["QueueUrl"]
    number = other_cloud.account.number
    send = {"QueueUrl": url, "MessageBody": "hello"}
    assert refusal(theirs.send_message, **send)[0] != ""
    given = {"QueueUrl": url, "Label": "theirs"}
    sqs.add_permission(**given, AWSAccountIds=[number], Actions=["SendMessage"])
    theirs.send_message(**send)
    assert refusal(theirs.receive_message, QueueUrl=url)[0] != ""
    again = refusal(sqs.add_permission, **given, AWSAccountIds=[number], Actions=["*"])
    assert "Already exists" in again[1]
    owners = {"AWSAccountIds": [number], "Actions": ["DeleteQueue"]}
    code, message = refusal(sqs.add_permission, QueueUrl=url, Label="more", **owners)
    assert (code, "Only the queue owner" in message) == ("InvalidParameterValue", True)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    [statement] = json.loads(attributes["Policy"])["Statement"]
    assert (statement["Sid"], statement["Action"]) == ("theirs", "SQS:SendMessage")
    sqs.remove_permission(**given)
    assert refusal(theirs.send_message, **send)[0] != ""
    assert "can't find label" in refusal(sqs.remove_permission, **given)[1]
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])


def test_events_for_a_bus_of_another_account(cloud: Cloud, other_cloud: Cloud) -> None:
    events, sqs, theirs = cloud.client("events"), cloud.client("sqs"), other_cloud.client("events")
    bus = events.create_event_bus(Name="shared")["EventBusArn"]
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    target = f"arn:aws:sqs:us-east-1:{cloud.account.number}:heard"
    events.put_rule(Name="all", EventBusName="shared", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="all", EventBusName="shared", Targets=[{"Id": "q", "Arn": target}])
    entry = {"Source": "shop", "DetailType": "sold", "Detail": "{}", "EventBusName": bus}
    code, message = refusal(theirs.put_events, Entries=[entry])
    assert code == "AccessDeniedException"
    assert message.endswith("because no resource-based policy allows the events:PutEvents action")
    number = other_cloud.account.number
    events.put_permission(
        EventBusName="shared", StatementId="s", Action="events:PutEvents", Principal=number
    )
    assert theirs.put_events(Entries=[entry])["FailedEntryCount"] == 0
    [got] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert json.loads(got["Body"])["account"] == number
    # whoever may use one bus only is judged by the bus that each event is for
    ada = as_user(cloud, "ada", allow("events:PutEvents", bus)).client("events")
    assert ada.put_events(Entries=[entry | {"EventBusName": "shared"}])["FailedEntryCount"] == 0
    assert refusal(ada.put_events, Entries=[entry | {"EventBusName": "default"}])[0] == (
        "AccessDeniedException"
    )
    events.remove_permission(EventBusName="shared", StatementId="s")
    assert refusal(theirs.put_events, Entries=[entry])[0] == "AccessDeniedException"


def test_layers_across_accounts(cloud: Cloud, other_cloud: Cloud) -> None:
    functions, theirs = cloud.client("lambda"), other_cloud.client("lambda")
    code = {"ZipFile": zipped()}
    made = functions.publish_layer_version(LayerName="tools", Content=code)
    layer, version = made["LayerArn"], made["LayerVersionArn"]
    get = {"LayerName": layer, "VersionNumber": 1}
    assert refusal(theirs.get_layer_version, **get)[0] == "AccessDeniedException"
    functions.add_layer_version_permission(
        LayerName="tools", VersionNumber=1, StatementId="s", Action="lambda:GetLayerVersion",
        Principal=other_cloud.account.number,
    )  # fmt: skip
    assert theirs.get_layer_version(**get)["LayerVersionArn"] == version
    assert theirs.get_layer_version_by_arn(Arn=version)["Version"] == 1
    remove = refusal(theirs.delete_layer_version, **get)
    assert remove[0] == "AccessDeniedException"
    functions.delete_layer_version(LayerName="tools", VersionNumber=1)
    assert refusal(theirs.get_layer_version, **get)[0] == "AccessDeniedException"


def test_an_organization_shares_a_bucket(cloud: Cloud, other_cloud: Cloud) -> None:
    org = cloud.client("organizations").create_organization()["Organization"]["Id"]
    condition = {"StringEquals": {"aws:PrincipalOrgID": org}}
    name = bucket(cloud, a="hello")
    put_policy(cloud, name, to(allow("s3:GetObject", ALL[1], **condition), "*"), open_it=False)
    assert read(other_cloud, name) == DENIED
    organizations = cloud.client("organizations")
    asked = organizations.create_account(Email=f"{name}@example.com", AccountName="member")
    status = organizations.describe_create_account_status(
        CreateAccountRequestId=asked["CreateAccountStatus"]["Id"]
    )
    member = status["CreateAccountStatus"]["AccountId"]
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    got = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="admin")["Credentials"]
    assert read(_Session(cloud, got), name) == "hello"


def test_a_queues_policy_asks_for_its_tags(cloud: Cloud) -> None:
    ada = as_user(cloud, "ada")
    queue = cloud.client("sqs").create_queue(QueueName="q", tags={"env": "dev"})["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{cloud.account.number}:q"
    condition = {"StringEquals": {"aws:ResourceTag/env": "dev"}}
    policy = document(to(allow("sqs:SendMessage", arn, **condition), user_arn(cloud, "ada")))
    cloud.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    send = {"QueueUrl": queue, "MessageBody": "x"}
    assert refusal(ada.client("sqs").send_message, **send)[0] == ""
    cloud.client("sqs").tag_queue(QueueUrl=queue, Tags={"env": "prod"})
    assert refusal(ada.client("sqs").send_message, **send)[0] == "AccessDeniedException"


def test_the_owner_sees_who_came_from_elsewhere(cloud: Cloud, other_cloud: Cloud) -> None:
    name = bucket(cloud)
    put_policy(cloud, name, to(allow("s3:*", ALL), root(other_cloud)), open_it=False)
    other_cloud.client("s3").put_bucket_tagging(
        Bucket=name, Tagging={"TagSet": [{"Key": "by", "Value": "guest"}]}
    )
    cloud.running.run(cloud.running.server.trail.flush())
    [event] = cloud.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "PutBucketTagging"}]
    )["Events"]
    told = json.loads(event["CloudTrailEvent"])
    assert told["userIdentity"]["accountId"] == other_cloud.account.number
    assert told["userIdentity"]["arn"] == user_arn(other_cloud, "tester")
    assert told["recipientAccountId"] == cloud.account.number


def test_calls_that_no_policy_concerns_ask_nothing(cloud: Cloud) -> None:
    name = bucket(cloud, a="hello")
    read(cloud, name)
    asked: list[str] = []
    kept = cloud.running.server.resource_policies
    before = kept._database

    class Counting:
        def owner(self) -> Any:
            asked.append("owner")
            return before.owner()

    kept._database = Counting()  # type: ignore[assignment]
    try:
        for _ in range(3):
            read(cloud, name)
            cloud.client("ec2").describe_volumes()
    finally:
        kept._database = before
    assert asked == []
