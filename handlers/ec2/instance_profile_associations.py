"""Instance profiles of machines: put on, told, replaced and taken off.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html
and the pages of the operations beside it. A machine has one profile; an association's id follows
from both, so that another profile makes another association.
"""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.matching import chosen
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import INSTANCE
from handlers.ec2.instance_view import profile
from handlers.ec2.launch_requests import profile_arn
from models import instance_attributes, instance_profiles, instances

NOUN = "instances"


async def describe_iam_instance_profile_associations(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Which machines have which profiles, by association, filter and page."""
    asked = params.get("AssociationIds") or ()
    page = pages.page(ctx, params)
    rows = await instance_attributes.with_profiles(ctx.db, ctx.region)
    found = [_shown(row, row["iam_instance_profile_arn"]) for row in rows]
    if asked:
        known = {one["AssociationId"] for one in found}
        missing = [one for one in asked if one not in known]
        if missing:
            raise _absent(missing[0])
        found = [one for one in found if one["AssociationId"] in asked]
    names = {
        "instance-id": lambda one: (one["InstanceId"],),
        "state": lambda one: (one["State"],),
    }
    found = sorted(chosen(found, names, params.get("Filters")), key=_id)
    shown, token = page.cut_items(found, _id)
    return {"IamInstanceProfileAssociations": shown, "NextToken": token}


async def associate_iam_instance_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put a profile on a machine that has none."""
    instance_id = params["InstanceId"]
    identifiers.check(INSTANCE, [instance_id])
    arn = await _profile(ctx, params)
    async with ctx.db.transaction():
        await instance_attributes.lock(ctx.db, ctx.region, instance_id)
        row = await instances.find_one(ctx.db, ctx.region, instance_id)
        if row is None:
            raise identifiers.not_found(INSTANCE, [instance_id])
        if row["state"] not in ("running", "stopped", "pending", "stopping"):
            raise AwsError(
                "IncorrectInstanceState",
                f"The instance '{instance_id}' is not in the 'running' or 'stopped' states.",
            )
        if row["iam_instance_profile_arn"]:
            raise AwsError(
                "IncorrectState", f"There is an existing association for instance {instance_id}"
            )
        await _set(ctx, instance_id, arn)
    return {"IamInstanceProfileAssociation": _shown(row, arn) | {"State": "associating"}}


async def replace_iam_instance_profile_association(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Put another profile on a machine in place of the one that it has."""
    arn = await _profile(ctx, params)
    async with ctx.db.transaction():
        row = await _associated(ctx, params["AssociationId"])
        await _set(ctx, row["instance_id"], arn)
    return {"IamInstanceProfileAssociation": _shown(row, arn) | {"State": "associating"}}


async def disassociate_iam_instance_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take the profile off a machine."""
    async with ctx.db.transaction():
        row = await _associated(ctx, params["AssociationId"])
        await _set(ctx, row["instance_id"], None)
    gone = _shown(row, row["iam_instance_profile_arn"])
    return {"IamInstanceProfileAssociation": gone | {"State": "disassociating"}}


async def _set(ctx: Context, instance_id: str, arn: str | None) -> None:
    await instances.update(ctx.db, ctx.region, instance_id, {"iam_instance_profile_arn": arn})


async def _associated(ctx: Context, association_id: str) -> Any:
    """The machine of an association, held until the transaction ends."""
    for row in await instance_attributes.with_profiles(ctx.db, ctx.region):
        if _shown(row, row["iam_instance_profile_arn"])["AssociationId"] == association_id:
            await instance_attributes.lock(ctx.db, ctx.region, row["instance_id"])
            return row
    raise _absent(association_id)


async def _profile(ctx: Context, params: dict[str, Any]) -> str:
    """The ARN of the profile that a request names, which must be the caller's."""
    given = params["IamInstanceProfile"]
    arn = profile_arn(given, ctx.principal.account_number)
    if arn is None:
        raise AwsError(
            "MissingParameter", "The request must contain the parameter iamInstanceProfile"
        )
    found = await instance_profiles.find(ctx.db, arn.rpartition("/")[2])
    if found is None or f":{ctx.principal.account_number}:" not in arn:
        member, value = ("arn", given["Arn"]) if given.get("Arn") else ("name", given["Name"])
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({value}) for parameter iamInstanceProfile.{member} is invalid. Invalid IAM"
            f" Instance Profile {'ARN' if member == 'arn' else 'name'}",
        )
    return arn


def _absent(association_id: str) -> AwsError:
    return AwsError(
        "NoSuchAssociation", f"An invalid association-id of '{association_id}' was given"
    )


def _shown(row: Any, arn: str) -> dict[str, Any]:
    return {
        "AssociationId": instance_attributes.association_id(row["instance_id"], arn),
        "InstanceId": row["instance_id"],
        "IamInstanceProfile": profile(arn),
        "State": "associated",
    }


def _id(shown: dict[str, Any]) -> str:
    return str(shown["AssociationId"])
