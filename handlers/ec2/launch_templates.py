"""Launch templates and their versions.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplate.html and the
pages of the operations.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.idempotency import once
from emulator.rows import Constant, Rows, View
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import LAUNCH_TEMPLATE
from handlers.ec2.launch_template_references import (
    DEFAULT,
    LATEST,
    TemplateReference,
    name_not_found,
    version_not_found,
    version_number,
)
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import TAG_LIST
from models import launch_templates
from models.listing import Condition

_NAME = re.compile(r"[a-zA-Z0-9().\-/_]{3,128}")
VERSIONS_PAGE = 200


async def create_launch_template(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new template; what was given becomes its version 1."""
    name = params["LaunchTemplateName"]
    if not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidLaunchTemplateName.MalformedException",
            "A launch template name must be between 3 and 128 characters, and may contain letters,"
            " numbers, and the following characters: - ( ) . / _.",
        )
    check_types(params, ("launch-template",))
    row = {
        **_version(ctx, params, params["LaunchTemplateData"]),
        "launch_template_id": ids.new("lt"),
        "name": name,
        "region": ctx.region,
        "client_token": params.get("ClientToken"),
        "tags": tags_for(params, "launch-template"),
    }

    async def work() -> list[str]:
        if not await launch_templates.insert(ctx.db, row):
            raise AwsError(
                "InvalidLaunchTemplateName.AlreadyExistsException",
                "Launch template name already in use.",
            )
        return [str(row["launch_template_id"])]

    [template_id] = await once(ctx, params.get("ClientToken"), work)
    return {"LaunchTemplate": await _shown(ctx, template_id)}


async def create_launch_template_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A further version of a template, on its own or changing an earlier one."""
    reference = TemplateReference.of(params)

    async def work() -> list[str]:
        data = _kept(params["LaunchTemplateData"])
        source = params.get("SourceVersion")
        if source is not None:
            template, found = await reference.find_version(ctx, source)
            # Each member given replaces the source's, nothing inside it is joined.
            data = {**found["data"], **data}
        else:
            template = await reference.find(ctx)
        number = await launch_templates.add_version(
            ctx.db, ctx.region, template["launch_template_id"], _version(ctx, params, data)
        )
        return [template["launch_template_id"], str(number)]

    template_id, number = await once(ctx, params.get("ClientToken"), work)
    rows = await launch_templates.VERSIONS.page(
        ctx.db,
        [Condition("launch_template_id", (template_id,)), Condition("version", (number,))],
        region=ctx.region,
    )
    return {"LaunchTemplateVersion": VERSION_VIEW.show(rows[0])}


async def describe_launch_templates(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Templates of the region, by id, name, filter and page."""
    asked = params.get("LaunchTemplateIds") or ()
    names = params.get("LaunchTemplateNames") or ()
    identifiers.check(LAUNCH_TEMPLATE, asked)
    page = pages.page(ctx, params)
    listing = launch_templates.LISTING
    where = conditions(ctx, listing, FILTERS, params.get("Filters"))
    named = [Condition("name", tuple(names))] if names else []
    rows = await listing.page(
        ctx.db,
        [*named, *where],
        region=ctx.region,
        ids=asked or None,
        after=page.after,
        limit=page.fetch,
    )
    if not where and page.limit is None:
        identifiers.check_found(LAUNCH_TEMPLATE, asked, (row["launch_template_id"] for row in rows))
        missing = set(names) - {row["name"] for row in rows}
        if missing:
            raise name_not_found(next(name for name in names if name in missing))
    shown, token = page.cut(rows, "launch_template_id")
    return {"LaunchTemplates": Rows(VIEW, shown), "NextToken": token}


async def describe_launch_template_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Versions of one template, newest first; or the latest or default ones of all templates."""
    versions = params.get("Versions") or ()
    page = pages.page(ctx, params, default=VERSIONS_PAGE)
    listing = launch_templates.VERSIONS
    where = conditions(ctx, listing, VERSION_FILTERS, params.get("Filters"))
    if params.get("LaunchTemplateId") or params.get("LaunchTemplateName"):
        template = await TemplateReference.of(params).find(ctx)
        where += await _chosen(ctx, template, versions, params)
    else:
        where += _of_all(versions)
    rows = await listing.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch, shift=ctx.shift
    )
    shown, token = page.cut(rows, "page_key")
    return {"LaunchTemplateVersions": Rows(VERSION_VIEW, shown), "NextToken": token}


async def modify_launch_template(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make another version the template's default one."""
    async with ctx.db.transaction():
        template = await TemplateReference.of(params).find(ctx)
        template_id = template["launch_template_id"]
        wanted = params.get("DefaultVersion")
        if wanted is not None:
            number = version_number(template, wanted)
            if not await launch_templates.set_default(ctx.db, ctx.region, template_id, number):
                raise version_not_found(template, number)
    return {"LaunchTemplate": await _shown(ctx, template_id)}


async def delete_launch_template(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a template with all its versions; what was launched from it stays."""
    async with ctx.db.transaction():
        template = await TemplateReference.of(params).find(ctx)
        shown = await _shown(ctx, template["launch_template_id"])
        await launch_templates.delete(ctx.db, ctx.region, template["launch_template_id"])
    return {"LaunchTemplate": shown}


async def delete_launch_template_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete versions of a template, each for itself, but never the default one."""
    versions = params["Versions"]
    for one in versions:
        if not (one.isascii() and one.isdigit() and len(one) <= 18):
            raise AwsError(
                "InvalidParameterValue", f"The launch template version '{one}' must be a number."
            )
    async with ctx.db.transaction():
        template = await TemplateReference.of(params).find(ctx)
        about = {
            "LaunchTemplateId": template["launch_template_id"],
            "LaunchTemplateName": template["name"],
        }
        numbers = list(dict.fromkeys(int(one) for one in versions))
        gone = await launch_templates.delete_versions(
            ctx.db, template["launch_template_id"], numbers
        )
    told = {number: {**about, "VersionNumber": number} for number in numbers}
    return {
        "SuccessfullyDeletedLaunchTemplateVersions": [told[one] for one in numbers if one in gone],
        "UnsuccessfullyDeletedLaunchTemplateVersions": [
            told[one] | {"ResponseError": _kept_for(template, one)}
            for one in numbers
            if one not in gone
        ],
    }


def _kept_for(template: Any, number: int) -> dict[str, str]:
    """Why a version could not be deleted."""
    if number == template["default_version"]:
        told = "The default version of a launch template cannot be deleted."
        return {"Code": "unexpectedError", "Message": told}
    told = version_not_found(template, number).message
    return {"Code": "launchTemplateVersionDoesNotExist", "Message": told}


async def _shown(ctx: Context, template_id: str) -> dict[str, Any]:
    rows = await launch_templates.LISTING.page(ctx.db, region=ctx.region, ids=[template_id])
    if not rows:
        raise identifiers.not_found(LAUNCH_TEMPLATE, [template_id])
    return VIEW.show(rows[0])


def _version(ctx: Context, params: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": params.get("VersionDescription"),
        "data": _kept(data),
        "created_by": ctx.principal.arn,
        "created_at": ctx.now,
    }


def _kept(data: Mapping[str, Any]) -> dict[str, Any]:
    """A template's data as it is stored and shown: what was given, nothing filled in."""
    return {name: value for name, value in data.items() if value is not None}


async def _chosen(
    ctx: Context, template: Any, versions: Sequence[str], params: Mapping[str, Any]
) -> list[Condition]:
    """Conditions for versions of one template: named ones, which must exist, or a range."""
    low, high = params.get("MinVersion"), params.get("MaxVersion")
    if versions and (low or high):
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter versions cannot be used with the parameters minVersion and maxVersion",
        )
    template_id = template["launch_template_id"]
    own = Condition("launch_template_id", (template_id,))
    if versions:
        numbers = [version_number(template, version) for version in versions]
        for number in dict.fromkeys(numbers):
            if await launch_templates.find_version(ctx.db, template_id, number) is None:
                raise version_not_found(template, number)
        return [own, Condition("version", tuple(str(number) for number in numbers))]
    if not low and not high:
        return [own]
    least = version_number(template, low) if low else 1
    most = min(version_number(template, high) if high else LAST, template["latest_version"])
    numbers = list(range(max(least, 1), most + 1))
    return [own, Condition("version", tuple(str(number) for number in numbers))]


LAST = 10**9


def _of_all(versions: Sequence[str]) -> list[Condition]:
    """Without a template only its latest and default versions can be meant."""
    if not versions:
        raise AwsError(
            "MissingParameter",
            "Either a launch template ID or a launch template name must be specified in the"
            " request, or the versions $Latest, $Default or both",
        )
    if not set(versions) <= {LATEST, DEFAULT}:
        raise AwsError(
            "InvalidParameterCombination",
            "Only $Latest and $Default can be specified for versions of all launch templates",
        )
    if len(set(versions)) > 1:
        return [Condition("is_latest_or_default", (True,))]
    return [Condition("is_latest" if versions[0] == LATEST else "is_default", (True,))]


OPERATOR = Constant({"Managed": False})
VIEW = View(
    {
        "LaunchTemplateId": "launch_template_id",
        "LaunchTemplateName": "name",
        "CreateTime": "created_at",
        "CreatedBy": "created_by",
        "DefaultVersionNumber": "default_version",
        "LatestVersionNumber": "latest_version",
        "Tags": TAG_LIST,
        "Operator": OPERATOR,
    }
)
VERSION_VIEW = View(
    {
        "LaunchTemplateId": "launch_template_id",
        "LaunchTemplateName": "name",
        "VersionNumber": "version_number",
        "VersionDescription": "description",
        "CreateTime": "created_at",
        "CreatedBy": "created_by",
        "DefaultVersion": "is_default",
        "LaunchTemplateData": "data",
        "Operator": OPERATOR,
    }
)

FILTERS = TAGS | {"create-time": "created_at", "launch-template-name": "name"}
VERSION_FILTERS = {
    "create-time": "created_at",
    "ebs-optimized": "ebs_optimized",
    "host-resource-group-arn": "host_resource_group_arn",
    "http-endpoint": "http_endpoint",
    "http-protocol-ipv4": "http_endpoint",
    "http-tokens": "http_tokens",
    "iam-instance-profile": "iam_instance_profile",
    "image-id": "image_id",
    "instance-type": "instance_type",
    "is-default-version": "is_default",
    "kernel-id": "kernel_id",
    "license-configuration-arn": "license_configuration_arn",
    "network-card-index": "network_card_index",
    "ram-disk-id": "ram_disk_id",
}
