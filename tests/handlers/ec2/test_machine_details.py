"""Credits, profiles, keys and volumes' health: what else is told of machines."""

import base64
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, make_instance, refusal
from tests.handlers.ec2.launching import IMAGE


def test_credits_of_burstable_machines(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    told = ec2.run_instances(
        ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1,
        CreditSpecification={"CpuCredits": "standard"},
    )["Instances"][0]["InstanceId"]  # fmt: skip
    usual, old = make_instance(sql, cloud), make_instance(sql, cloud, instance_type="t2.micro")
    large = make_instance(sql, cloud, instance_type="m5.large")

    def credits(**given: Any) -> dict[str, str]:
        found = ec2.describe_instance_credit_specifications(**given)
        return {
            one["InstanceId"]: one["CpuCredits"] for one in found["InstanceCreditSpecifications"]
        }

    assert credits() == {usual: "unlimited"}
    named = credits(InstanceIds=[told, old, usual, large])
    assert named == {told: "standard", old: "standard", usual: "unlimited"}
    wanted = [{"InstanceId": one, "CpuCredits": "unlimited"} for one in (told, large)]
    answer = ec2.modify_instance_credit_specification(InstanceCreditSpecifications=wanted)
    assert answer["SuccessfulInstanceCreditSpecifications"] == [{"InstanceId": told}]
    [failed] = answer["UnsuccessfulInstanceCreditSpecifications"]
    assert failed["Error"]["Code"] == "InstanceCreditSpecification.NotSupported"
    assert credits() == {told: "unlimited", usual: "unlimited"}


def test_profiles_are_put_on_and_taken_off(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    iam = cloud.client("iam")
    arns = [
        iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"]
        for name in ("reader", "writer")
    ]
    machine = make_instance(sql, cloud)
    reader = {"Name": "reader"}
    associate = ec2.associate_iam_instance_profile
    made = associate(InstanceId=machine, IamInstanceProfile=reader)["IamInstanceProfileAssociation"]
    assert (made["State"], made["IamInstanceProfile"]["Arn"]) == ("associating", arns[0])
    again = refusal(associate, InstanceId=machine, IamInstanceProfile=reader)
    assert again == ("IncorrectState", f"There is an existing association for instance {machine}")
    other = make_instance(sql, cloud)
    assert refusal(associate, InstanceId=other, IamInstanceProfile={"Name": "absent"}) == (
        "InvalidParameterValue",
        "Value (absent) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance"
        " Profile name",
    )
    describe = ec2.describe_iam_instance_profile_associations
    here = [{"Name": "instance-id", "Values": [machine]}]
    [found] = describe(Filters=here)["IamInstanceProfileAssociations"]
    assert (found["AssociationId"], found["State"]) == (made["AssociationId"], "associated")
    ec2.replace_iam_instance_profile_association(
        AssociationId=made["AssociationId"], IamInstanceProfile={"Arn": arns[1]}
    )
    [found] = describe()["IamInstanceProfileAssociations"]
    assert found["IamInstanceProfile"]["Arn"] == arns[1]
    assert refusal(describe, AssociationIds=[made["AssociationId"]])[0] == "NoSuchAssociation"
    ec2.disassociate_iam_instance_profile(AssociationId=found["AssociationId"])
    assert describe()["IamInstanceProfileAssociations"] == []
    [row] = sql("select iam_instance_profile_arn from instances where instance_id = $1", machine)
    assert row["iam_instance_profile_arn"] is None


def test_keys_come_and_go(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    rsa = ec2.create_key_pair(KeyName="rsa", TagSpecifications=[
        {"ResourceType": "key-pair", "Tags": [{"Key": "owner", "Value": "ops"}]}])  # fmt: skip
    key = load_pem_private_key(rsa["KeyMaterial"].encode(), None)
    assert getattr(key, "key_size", 0) == 2048
    assert len(rsa["KeyFingerprint"].split(":")) == 20
    small = ec2.create_key_pair(KeyName="ed", KeyType="ed25519")
    load_ssh_private_key(small["KeyMaterial"].encode(), None)
    assert len(base64.b64decode(small["KeyFingerprint"])) == 32
    found = ec2.describe_key_pairs(KeyNames=["rsa", "ed"], IncludePublicKey=True)["KeyPairs"]
    public = {one["KeyName"]: one["PublicKey"] for one in found}
    brought = ec2.import_key_pair(KeyName="mine", PublicKeyMaterial=public["rsa"].encode())
    assert len(brought["KeyFingerprint"].split(":")) == 16
    same = ec2.import_key_pair(KeyName="again", PublicKeyMaterial=public["ed"].encode())
    assert same["KeyFingerprint"] == small["KeyFingerprint"]
    assert refusal(ec2.create_key_pair, KeyName="rsa") == (
        "InvalidKeyPair.Duplicate", "The keypair 'rsa' already exists.",
    )  # fmt: skip
    assert refusal(ec2.import_key_pair, KeyName="x", PublicKeyMaterial=b"ssh-rsa no")[0] == (
        "InvalidKey.Format"
    )
    assert ec2.delete_key_pair(KeyName="rsa")["KeyPairId"] == rsa["KeyPairId"]
    ec2.delete_key_pair(KeyPairId=small["KeyPairId"])
    assert "KeyPairId" not in ec2.delete_key_pair(KeyName="rsa")
    kept = sql("select name from key_pairs where account_id = $1 order by name", cloud.account.id)
    assert [row["name"] for row in kept] == ["again", "mine"]


def test_volumes_are_well(cloud: Cloud, ec2: Any) -> None:
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    [told] = ec2.describe_volume_status(VolumeIds=[volume])["VolumeStatuses"]
    assert (told["VolumeStatus"]["Status"], told["AvailabilityZone"]) == ("ok", "us-east-1a")
    impaired = [{"Name": "volume-status.status", "Values": ["impaired"]}]
    assert ec2.describe_volume_status(Filters=impaired)["VolumeStatuses"] == []
    attribute = {"VolumeId": volume, "Attribute": "autoEnableIO"}
    assert ec2.describe_volume_attribute(**attribute)["AutoEnableIO"] == {"Value": False}
    ec2.modify_volume_attribute(VolumeId=volume, AutoEnableIO={"Value": True})
    assert ec2.describe_volume_attribute(**attribute)["AutoEnableIO"] == {"Value": True}
    gone = refusal(ec2.describe_volume_status, VolumeIds=["vol-0123456789abcdef0"])
    assert gone[0] == "InvalidVolume.NotFound"
