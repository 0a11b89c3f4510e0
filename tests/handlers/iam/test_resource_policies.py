"""Policies of buckets, queues and functions: who they let in, and whom they keep out."""

import json
import uuid
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud
from tests.handlers.iam.acting import allow, as_user, deny, document, refusal
from tests.handlers.iam.sharing import root, to, user_arn

DENIED = "AccessDenied"
TLS = {"Bool": {"aws:SecureTransport": "false"}}


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
