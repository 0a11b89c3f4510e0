"""The models as we read them beside the models as botocore reads them."""

from pathlib import Path
from typing import Any

import botocore
import botocore.loaders
import botocore.model
import pytest

from emulator import api, model_files

LOADER = botocore.loaders.Loader()


def model(name: str) -> botocore.model.ServiceModel:
    return botocore.model.ServiceModel(LOADER.load_service_model(name, "service-2"), name)


@pytest.mark.parametrize("name", ["ec2", "s3", "iam", "kafka", "cloudwatch", "lambda", "rds"])
def test_operations_and_shapes_are_botocores(name: str) -> None:
    ours, theirs = api.service(name), model(name)
    assert list(ours.operations) == theirs.operation_names
    assert (ours.api_version, ours.signing_name) == (theirs.api_version, theirs.signing_name)
    for shape_name in theirs.shape_names:
        ours_ = ours.shape(shape_name)
        theirs_: Any = theirs.shape_for(shape_name)
        assert ours_.type == theirs_.type_name
        if ours_.type == "structure":
            assert list(ours_.members) == list(theirs_.members)
            assert list(ours_.required) == list(theirs_.required_members)
            for member, ref in ours_.members.items():
                same_traits(ref, theirs_.members[member])
        elif ours_.type == "list":
            same_traits(ours_.member, theirs_.member)
        elif ours_.type == "map":
            same_traits(ours_.key, theirs_.key)
            same_traits(ours_.value, theirs_.value)


def same_traits(ours: api.Ref, theirs: Any) -> None:
    expected = dict(theirs.serialization)
    if "name" in expected:
        expected["locationName"] = expected.pop("name")
    assert {key: ours.traits.get(key) for key in expected} == expected
    assert ours.shape.name == theirs.name


def test_every_service_is_in_the_index() -> None:
    assert set(api.index()) == set(LOADER.list_available_services("service-2"))


def test_services_that_share_a_name() -> None:
    assert api.services_signing_as("elasticloadbalancing") == ("elb", "elbv2")
    assert api.services_signing_as("monitoring") == ("cloudwatch",)
    assert {"s3", "s3control"} <= set(api.services_signing_as("s3"))
    assert api.services_targeting("AmazonSQS") == ("sqs",)
    assert api.services_targeting("Nonsense") == ()


@pytest.mark.parametrize("name", ["", "no-such", "../ec2", "EC2", "ec2/2016-11-15", "\x00"])
def test_names_that_are_no_services(name: str) -> None:
    assert not api.has_service(name)
    with pytest.raises(api.UnknownServiceError):
        api.service(name)


def test_snake_case_is_boto3s() -> None:
    for name in ("ec2", "rds", "s3", "iam", "elbv2"):
        for operation in api.service(name).operations.values():
            assert operation.xform_name == botocore.xform_name(operation.name)


def test_a_model_in_another_layout_reads_the_same() -> None:
    raw = model_files.text(model_files.folder("sts") or Path())
    usual, other = model_files.sections(raw), model_files.sections_of_other_layout(raw)
    assert list(usual["operations"]) == list(other["operations"])
    assert list(usual["shapes"]) == list(other["shapes"])


def test_the_index_outlives_a_damaged_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    read = model_files.index.__wrapped__
    fresh = read()
    [kept] = (tmp_path / "driftcloud").iterdir()
    assert read() == fresh == api.index()
    kept.write_text("{")
    assert read() == fresh
    assert kept.read_text() != "{"


def test_a_model_outlives_a_damaged_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    home = model_files.folder("sqs") or Path()
    cut = model_files.sections(model_files.text(home))
    assert model_files.model(home) == cut
    [kept] = (tmp_path / "driftcloud").iterdir()
    monkeypatch.setattr(model_files, "sections", None)
    assert model_files.model(home) == cut  # from what was kept
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    content = kept.read_bytes()
    altered = bytearray(content)
    altered[len(altered) // 2] ^= 1
    for damaged in (b"", content[:100], content[:-1], bytes(altered)):
        kept.write_bytes(damaged)
        assert model_files.model(home) == cut
        assert kept.read_bytes() == content
