"""Users, keys and groups, from their first to their last moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.iam.acting import allow, as_user, document, refusal


def test_a_users_whole_life(cloud: Cloud, sql: Any) -> None:
    iam, number = cloud.client("iam"), cloud.account.number
    made = iam.create_user(UserName="ada", Path="/team/", Tags=[{"Key": "Team", "Value": "core"}])[
        "User"
    ]
    assert made["Arn"] == f"arn:aws:iam::{number}:user/team/ada"
    assert made["UserId"].startswith("AIDA")
    assert len(made["UserId"]) == 21
    assert abs(made["CreateDate"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert refusal(iam.create_user, UserName="ADA") == (
        "EntityAlreadyExists", "User with name ADA already exists.",
    )  # fmt: skip
    shown = iam.get_user(UserName="ada")["User"]
    assert shown["Tags"] == [{"Key": "Team", "Value": "core"}]
    assert [u["UserName"] for u in iam.list_users(PathPrefix="/team/")["Users"]] == ["ada"]
    assert {u["UserName"] for u in iam.list_users()["Users"]} == {"ada", "tester"}
    iam.tag_user(UserName="ada", Tags=[{"Key": "env", "Value": "dev"}])
    iam.untag_user(UserName="ada", TagKeys=["Team"])
    assert iam.list_user_tags(UserName="ada")["Tags"] == [{"Key": "env", "Value": "dev"}]
    [row] = sql("select tags from users where arn = $1", made["Arn"])
    assert row["tags"] == {"env": "dev"}
    iam.update_user(UserName="ada", NewUserName="lovelace", NewPath="/")
    assert iam.get_user(UserName="lovelace")["User"]["Arn"].endswith(":user/lovelace")
    assert refusal(iam.get_user, UserName="ada") == (
        "NoSuchEntity", "The user with name ada cannot be found.",
    )  # fmt: skip
    iam.put_user_policy(UserName="lovelace", PolicyName="p", PolicyDocument=document(allow("s3:*")))
    iam.attach_user_policy(UserName="lovelace", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_access_key(UserName="lovelace")
    for words, mend in (
        ("must delete access keys first", lambda: [
            iam.delete_access_key(UserName="lovelace", AccessKeyId=one["AccessKeyId"])
            for one in iam.list_access_keys(UserName="lovelace")["AccessKeyMetadata"]]),
        ("must detach all policies first", lambda: iam.detach_user_policy(
            UserName="lovelace", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")),
        ("must delete policies first", lambda: iam.delete_user_policy(
            UserName="lovelace", PolicyName="p")),
    ):  # fmt: skip
        code, message = refusal(iam.delete_user, UserName="lovelace")
        assert (code, words in message) == ("DeleteConflict", True), message
        mend()
    iam.delete_user(UserName="lovelace")
    assert refusal(iam.get_user, UserName="lovelace")[0] == "NoSuchEntity"


def test_the_caller_is_a_user_itself(cloud: Cloud) -> None:
    iam, sts = cloud.client("iam"), cloud.client("sts")
    me, who = iam.get_user()["User"], sts.get_caller_identity()
    assert (me["Arn"], me["UserId"]) == (who["Arn"], who["UserId"])


def test_keys_sign_at_once_and_no_longer_than_they_may(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    ada = as_user(cloud, "ada", allow("iam:*AccessKey*"))
    who = ada.client("sts").get_caller_identity()["Arn"]
    assert who.endswith(":user/ada")
    second = ada.client("iam").create_access_key()["AccessKey"]
    assert refusal(iam.create_access_key, UserName="ada") == (
        "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2",
    )  # fmt: skip
    newer = Cloud(cloud.running, cloud.account, second["AccessKeyId"], second["SecretAccessKey"])
    assert newer.client("sts").get_caller_identity()["Arn"] == who
    old = ada.access_key_id
    iam.update_access_key(UserName="ada", AccessKeyId=old, Status="Inactive")
    keys = iam.list_access_keys(UserName="ada")["AccessKeyMetadata"]
    assert {one["AccessKeyId"]: one["Status"] for one in keys} == {
        old: "Inactive", second["AccessKeyId"]: "Active",
    }  # fmt: skip
    assert refusal(ada.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"
    iam.update_access_key(UserName="ada", AccessKeyId=old, Status="Active")
    ada.client("sts").get_caller_identity()
    iam.delete_access_key(UserName="ada", AccessKeyId=old)
    assert refusal(ada.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"
    assert refusal(iam.delete_access_key, UserName="ada", AccessKeyId=old) == (
        "NoSuchEntity", f"The Access Key with id {old} cannot be found.",
    )  # fmt: skip


def test_last_use_is_told(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    ada = as_user(cloud, "ada", allow("ec2:*"))
    before = iam.get_access_key_last_used(AccessKeyId=ada.access_key_id)
    assert before["UserName"] == "ada"
    assert before["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    ada.client("ec2", "eu-west-1").describe_regions()
    cloud.running.run(cloud.running.server._flush_used_keys())
    used = iam.get_access_key_last_used(AccessKeyId=ada.access_key_id)["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("ec2", "eu-west-1")
    assert abs(used["LastUsedDate"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_rotated_operators_key_keeps_its_scopes(cloud: Cloud) -> None:
    key = cloud.client("iam").create_access_key()["AccessKey"]
    fresh = Cloud(cloud.running, cloud.account, key["AccessKeyId"], key["SecretAccessKey"])
    fresh.client("ec2").describe_instances()
    fresh.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)
    few = cloud.with_scopes("read:*")
    assert refusal(few.client("iam").create_access_key)[0] == "AccessDenied"


def test_groups_give_their_rights_to_members(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    ada = as_user(cloud, "ada")
    ec2 = ada.client("ec2")
    assert refusal(ec2.describe_instances)[0] == "UnauthorizedOperation"
    group = iam.create_group(GroupName="readers")["Group"]
    assert group["Arn"] == f"arn:aws:iam::{cloud.account.number}:group/readers"
    iam.put_group_policy(
        GroupName="readers", PolicyName="ec2", PolicyDocument=document(allow("ec2:Describe*"))
    )
    assert refusal(ec2.describe_instances)[0] == "UnauthorizedOperation"
    iam.add_user_to_group(GroupName="readers", UserName="ada")
    ec2.describe_instances()
    assert [u["UserName"] for u in iam.get_group(GroupName="readers")["Users"]] == ["ada"]
    listed = iam.list_groups_for_user(UserName="ada")["Groups"]
    assert [one["GroupName"] for one in listed] == ["readers"]
    assert refusal(iam.delete_group, GroupName="readers") == (
        "DeleteConflict", "Cannot delete entity, must remove users from group first.",
    )  # fmt: skip
    iam.remove_user_from_group(GroupName="readers", UserName="ada")
    assert refusal(ec2.describe_instances)[0] == "UnauthorizedOperation"
    iam.delete_group_policy(GroupName="readers", PolicyName="ec2")
    iam.delete_group(GroupName="readers")
    assert refusal(iam.get_group, GroupName="readers") == (
        "NoSuchEntity", "The group with name readers cannot be found.",
    )  # fmt: skip


def test_lists_are_paged(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    for number in range(5):
        iam.create_user(UserName=f"user{number}", Path="/many/")
    pages = iam.get_paginator("list_users").paginate(
        PathPrefix="/many/", PaginationConfig={"PageSize": 2}
    )
    sizes, found = [], []
    for one in pages:
        sizes.append(len(one["Users"]))
        found += [user["UserName"] for user in one["Users"]]
    assert sizes == [2, 2, 1]
    assert found == [f"user{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"UserName": "a b"}, "ValidationError"),
        ({"UserName": "a", "Path": "x"}, "ValidationError"),
        ({"UserName": "a", "PermissionsBoundary": "arn:aws:iam::aws:policy/None"}, "NoSuchEntity"),
    ],
)
def test_what_users_cannot_be(cloud: Cloud, params: dict[str, Any], code: str) -> None:
    assert refusal(cloud.client("iam").create_user, **params)[0] == code


def test_console_passwords(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ada")
    assert refusal(iam.get_login_profile, UserName="ada") == (
        "NoSuchEntity", "Login Profile for User ada cannot be found.",
    )  # fmt: skip
    iam.create_login_profile(UserName="ada", Password="correct horse", PasswordResetRequired=True)
    assert iam.get_login_profile(UserName="ada")["LoginProfile"]["PasswordResetRequired"] is True
    assert "login profile" in refusal(iam.delete_user, UserName="ada")[1]
    iam.delete_login_profile(UserName="ada")
    assert refusal(iam.delete_login_profile, UserName="ada")[1] == (
        "Cannot find Login Profile for User ada"
    )
