"""Key pairs: described by name, id and filter, and asked for by launches."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal
from tests.handlers.ec2.launching import launch


@pytest.fixture
def keys(cloud: Cloud) -> list[str]:
    """Three key pairs of the account; their ids by name."""
    ids = [f"key-{cloud.account.number}0000{n}" for n in range(3)]
    for n, key_pair_id in enumerate(ids):
        cloud.running.rows(
            "insert into key_pairs (account_id, key_pair_id, name, fingerprint, key_type,"
            " public_key, tags) values ($1, $2, $3, $4, 'ed25519', $5, $6)",
            cloud.account.id, key_pair_id, f"key-{n}", f"aa:0{n}", f"ssh-ed25519 {n}",
            {"n": str(n)},
        )  # fmt: skip
    return ids


def names(ec2: Any, **params: Any) -> list[str]:
    return sorted(key["KeyName"] for key in ec2.describe_key_pairs(**params)["KeyPairs"])


def test_a_key_pair(ec2: Any, keys: list[str]) -> None:
    [key] = ec2.describe_key_pairs(KeyNames=["key-1"])["KeyPairs"]
    assert key["KeyPairId"] == keys[1]
    assert (key["KeyFingerprint"], key["KeyType"]) == ("aa:01", "ed25519")
    assert key["Tags"] == [{"Key": "n", "Value": "1"}]
    assert "PublicKey" not in key
    [key] = ec2.describe_key_pairs(KeyPairIds=[keys[1]], IncludePublicKey=True)["KeyPairs"]
    assert key["PublicKey"] == "ssh-ed25519 1"


def test_filters(ec2: Any, keys: list[str]) -> None:
    assert names(ec2) == ["key-0", "key-1", "key-2"]
    assert names(ec2, Filters=[{"Name": "fingerprint", "Values": ["aa:02"]}]) == ["key-2"]
    assert names(ec2, Filters=[{"Name": "tag:n", "Values": ["0"]}]) == ["key-0"]
    assert names(ec2, Filters=[{"Name": "key-name", "Values": ["key-?"]}]) == names(ec2)


def test_what_is_not_there(ec2: Any, other_cloud: Cloud, keys: list[str]) -> None:
    missing = refusal(ec2.describe_key_pairs, KeyNames=["key-9"])
    assert missing == ("InvalidKeyPair.NotFound", "The key pair 'key-9' does not exist")
    other = refusal(other_cloud.client("ec2").describe_key_pairs, KeyPairIds=[keys[0]])
    assert other[0] == "InvalidKeyPair.NotFound"


def test_launching_with_a_key(ec2: Any, keys: list[str]) -> None:
    [instance] = launch(ec2, KeyName="key-2")
    assert instance["KeyName"] == "key-2"
