"""S3 through the C++ SDK, as Arrow carries it: chunked bodies with CRC-64/NVME behind them."""

from urllib.parse import urlsplit

from pyarrow import fs

from tests.fixtures.server import Cloud


def test_arrow_writes_reads_moves_and_deletes(cloud: Cloud, bucket: str) -> None:
    place = fs.S3FileSystem(
        access_key=cloud.access_key_id, secret_key=cloud.secret_access_key, scheme="http",
        endpoint_override=urlsplit(cloud.running.url).netloc, region="us-east-1",
        allow_bucket_creation=True, allow_bucket_deletion=True,
    )  # fmt: skip
    text = bytes(range(256)) * 48_000
    with place.open_output_stream(f"{bucket}/d/one") as out:
        out.write(text)
    assert place.get_file_info(f"{bucket}/d/one").size == len(text)
    place.move(f"{bucket}/d/one", f"{bucket}/two")
    with place.open_input_file(f"{bucket}/two") as found:
        assert found.read_at(1000, 256_000) == text[256_000:257_000]
    listed = place.get_file_info(fs.FileSelector(bucket, recursive=True))
    assert [one.path for one in listed if one.is_file] == [f"{bucket}/two"]
    place.delete_dir_contents(bucket)
    assert not place.get_file_info(f"{bucket}/two").is_file


def test_an_empty_choice_in_a_header_is_none(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=f"{bucket}-acl", ACL="")
    assert s3.list_buckets(Prefix=f"{bucket}-acl")["Buckets"][0]["Name"] == f"{bucket}-acl"
