"""Attributes of images: told, changed, and when an image is out of date.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyImageAttribute.html and the
pages of the operations beside it. Sharing with everybody is blocked, as it is in new accounts; the
accounts that an image is shared with do not see it here.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import View
from handlers.ec2 import identifiers, sharing
from handlers.ec2.identifiers import IMAGE
from handlers.ec2.images import IMAGE_VIEW
from models import images

NOUN = "images"
_DEVICES = View({"BlockDeviceMappings": IMAGE_VIEW.members["BlockDeviceMappings"]})


async def describe_image_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One attribute of an image."""
    image_id, attribute = params["ImageId"], params["Attribute"]
    identifiers.check(IMAGE, [image_id])
    image = await images.find_one(ctx.db, ctx.region, image_id)
    if image is None:
        raise identifiers.not_found(IMAGE, [image_id])
    if image["account_id"] is None and attribute in ("launchPermission", "lastLaunchedTime"):
        raise AwsError("AuthFailure", f"Not authorized for image:{image_id}", 403)
    return {"ImageId": image_id, **await _shown(ctx, image, attribute)}


async def modify_image_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change an own image's description, or with whom it is shared."""
    image_id = params["ImageId"]
    for name in ("ImdsSupport", "ProductCodes", "OrganizationArns", "OrganizationalUnitArns"):
        if params.get(name):
            raise AwsError("UnsupportedOperation", f"{name} is not emulated.")
    description = (params.get("Description") or {}).get("Value")
    if params.get("Attribute") == "description" and description is None:
        description = params.get("Value")
    async with ctx.db.transaction():
        image = await _own(ctx, image_id)
        before = await images.launch_users(ctx.db, ctx.region, image_id)
        users = sharing.changed(params, "LaunchPermission", "UserGroups", before)
        if users is None and description is None:
            raise AwsError("InvalidParameterCombination", "No attributes specified.")
        if users and sharing.ALL in users:
            raise AwsError(
                "OperationNotPermitted",
                f"You can't publicly share this AMI ({image_id}) because block public access for"
                " AMIs is enabled in this Region for your account.",
            )
        changes: dict[str, Any] = {} if users is None else {"launch_users": users}
        if description is not None:
            changes["description"] = description
        await images.update(ctx.db, ctx.region, image["image_id"], changes)
    return {}


async def reset_image_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Share an own image with nobody."""
    async with ctx.db.transaction():
        image = await _own(ctx, params["ImageId"])
        await images.update(ctx.db, ctx.region, image["image_id"], {"launch_users": []})
    return {}


async def enable_image_deprecation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say from when on an own image is out of date; it goes on working."""
    at = params["DeprecateAt"].replace(second=0, microsecond=0)
    if at <= ctx.now:
        raise AwsError("InvalidParameterValue", "The deprecation time must be in the future.")
    async with ctx.db.transaction():
        image = await _own(ctx, params["ImageId"])
        await images.update(ctx.db, ctx.region, image["image_id"], {"deprecation_time": at})
    return {"Return": True}


async def disable_image_deprecation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let an own image never be out of date."""
    async with ctx.db.transaction():
        image = await _own(ctx, params["ImageId"])
        await images.update(ctx.db, ctx.region, image["image_id"], {"deprecation_time": None})
    return {"Return": True}


async def get_image_block_public_access_state(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Whether images can be shared with everybody: never here, as in every new account."""
    return {"ImageBlockPublicAccessState": "block-new-sharing", "ManagedBy": "account"}


async def _shown(ctx: Context, image: Any, attribute: str) -> dict[str, Any]:
    if attribute == "launchPermission":
        users = await images.launch_users(ctx.db, ctx.region, image["image_id"])
        return {"LaunchPermissions": sharing.shown(users)}
    if attribute == "blockDeviceMapping":
        return _DEVICES.show(image)
    if attribute == "description":
        told = image["description"]
        return {"Description": {"Value": told} if told else {}}
    if attribute == "bootMode":
        return {"BootMode": {"Value": image["boot_mode"]} if image["boot_mode"] else {}}
    if attribute == "sriovNetSupport":
        return {"SriovNetSupport": {"Value": "simple"}}
    if attribute == "deregistrationProtection":
        return {"DeregistrationProtection": {"Value": "disabled"}}
    if attribute == "lastLaunchedTime":
        at = await images.last_launch(ctx.db, ctx.region, image["image_id"])
        if at is None:
            return {"LastLaunchedTime": {}}
        moment = f"{at + ctx.shift:%Y-%m-%dT%H:%M:%SZ}"
        return {"LastLaunchedTime": {"Value": moment}}
    # what these images never have
    empty: dict[str, tuple[str, Any]] = {
        "productCodes": ("ProductCodes", []),
        "kernel": ("KernelId", {}),
        "ramdisk": ("RamdiskId", {}),
        "tpmSupport": ("TpmSupport", {}),
        "uefiData": ("UefiData", {}),
        "imdsSupport": ("ImdsSupport", {}),
    }
    member, value = empty[attribute]
    return {member: value}


async def _own(ctx: Context, image_id: str) -> Any:
    """An image of the caller's own, held until the transaction ends."""
    identifiers.check(IMAGE, [image_id])
    image = await images.find_one(ctx.db, ctx.region, image_id)
    if image is None:
        raise identifiers.not_found(IMAGE, [image_id])
    if image["account_id"] is None:
        raise AwsError("AuthFailure", f"Not authorized for image:{image_id}", 403)
    await images.lock(ctx.db, ctx.region, image_id)
    return image
