"""Storage Lens dashboards: the default one, whole lives, and whose they are."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.s3.answers import refusal

DEFAULT = "default-account-dashboard"


def control_of(cloud: Cloud) -> Any:
    """A client whose host names, which begin with the account, need no name server."""
    port = urlsplit(cloud.running.url).port
    client = cloud.client("s3control", endpoint_url=f"http://s3control.localhost:{port}")

    def send(request: Any, **_: Any) -> None:
        place = urlsplit(request.url).netloc
        request.headers["Host"] = place
        request.url = request.url.replace(place, f"127.0.0.1:{port}", 1)

    client.meta.events.register_last("before-send.s3-control", send)
    return client


@pytest.fixture
def control(cloud: Cloud) -> Any:
    return control_of(cloud)


def test_dashboards_live(cloud: Cloud, other_cloud: Cloud, control: Any) -> None:
    number = cloud.account.number
    [default] = control.list_storage_lens_configurations(AccountId=number)[
        "StorageLensConfigurationList"
    ]
    assert default == {
        "Id": DEFAULT, "IsEnabled": True, "HomeRegion": "us-east-1",
        "StorageLensArn": f"arn:aws:s3:us-east-1:{number}:storage-lens/{DEFAULT}",
    }  # fmt: skip
    given = {"Id": "mine", "IsEnabled": True,
             "AccountLevel": {"ActivityMetrics": {"IsEnabled": True}, "BucketLevel": {}},
             "Include": {"Regions": ["us-east-1"]}}  # fmt: skip
    named = {"AccountId": number, "ConfigId": "mine"}
    assert refusal(control.get_storage_lens_configuration, **named) == ("NoSuchConfiguration", 404)
    control.put_storage_lens_configuration(**named, StorageLensConfiguration=given)
    shown = control.get_storage_lens_configuration(**named)["StorageLensConfiguration"]
    assert shown.pop("StorageLensArn").endswith(":storage-lens/mine")
    assert shown == given
    off = {"Id": DEFAULT, "IsEnabled": False, "AccountLevel": {"BucketLevel": {}}}
    control.put_storage_lens_configuration(
        AccountId=number, ConfigId=DEFAULT, StorageLensConfiguration=off
    )
    listed = control.list_storage_lens_configurations(AccountId=number)
    assert [(one["Id"], one["IsEnabled"]) for one in listed["StorageLensConfigurationList"]] == [
        (DEFAULT, False), ("mine", True)]  # fmt: skip
    assert refusal(
        control.delete_storage_lens_configuration, AccountId=number, ConfigId=DEFAULT
    ) == ("InvalidRequest", 400)
    stranger = control_of(other_cloud)
    assert refusal(stranger.get_storage_lens_configuration, **named) == ("AccessDenied", 403)
    own = {"AccountId": other_cloud.account.number, "ConfigId": "mine"}
    assert refusal(stranger.delete_storage_lens_configuration, **own)[0] == "NoSuchConfiguration"
    control.delete_storage_lens_configuration(**named)
    assert refusal(control.get_storage_lens_configuration, **named) == ("NoSuchConfiguration", 404)
