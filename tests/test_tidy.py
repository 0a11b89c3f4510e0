"""The guard against what tests leave open."""

from tests.fixtures import tidy
from tests.fixtures.server import Cloud


def test_a_body_left_unread_is_told(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=f"tidy-{cloud.account.number}")
    where = {"Bucket": f"tidy-{cloud.account.number}", "Key": "a"}
    s3.put_object(**where, Body=b"x" * 100_000)
    answers = [s3.get_object(**where)["Body"] for _ in range(3)]
    answers[0].read()
    answers[1].close()
    assert tidy.left() == ["GetObject"]
    assert tidy.left() == []
