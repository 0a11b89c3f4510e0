"""Tags of all resources of a region, whatever service they belong to.

Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/overview.html and the
pages of the operations beside it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from models import resource_arns

DEFAULT_RESOURCES, MOST_RESOURCES = 50, 100
LEAST_TAGS, MOST_TAGS_SHOWN = 100, 500
MOST_FILTERS, MOST_VALUES = 50, 20
MOST_ARNS, MOST_TAGGED = 100, 20
NAMES_SHOWN = 1000
TOKEN = "PaginationToken"  # noqa: S105 - the name of a member
TAGS = TagRules(code="InvalidParameterException")
# What precedes a resource's name in the ARNs of services that name no kind there.
UNNAMED_KINDS = {"s3": "bucket", "sqs": "queue", "sns": "topic"}
# No account has a tag policy here, so every resource complies with its own
# (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_tag-policies.html).
COMPLIANT = {
    "NoncompliantKeys": [],
    "KeysWithNoncompliantValues": [],
    "ComplianceStatus": True,
}
_ARN = re.compile(r"arn:[^:]*:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_TYPE = re.compile(r"[a-z0-9-]+(:[A-Za-z0-9_/.-]+)?")


async def get_resources(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Resources that have tags: by tag, by type or by ARN, page by page."""
    _check_question(params)
    if params.get("ExcludeCompliantResources"):
        return {"PaginationToken": "", "ResourceTagMappingList": []}
    page = pages.page(
        ctx, params, token=TOKEN, size="ResourcesPerPage",
        default=DEFAULT_RESOURCES, invalid=_bad_token,
    )  # fmt: skip
    kind, _, name = (page.after or "").partition("/")
    found = await resource_arns.tagged(
        ctx.db,
        ctx.principal.account_number,
        ctx.region,
        after=(kind, name),
        pattern=_pattern(params.get("ResourceTypeFilters") or ()),
        filters=params.get("TagFilters") or (),
        arns=params.get("ResourceARNList"),
        limit=page.fetch or DEFAULT_RESOURCES,
    )
    rows = [{**row, "position": f"{row['type']}/{row['id']}"} for row in found]
    most_tags = params.get("TagsPerPage")
    shown, token = _cut_by_tags(page, rows, most_tags) if most_tags else page.cut(rows, "position")
    details = {"ComplianceDetails": COMPLIANT} if params.get("IncludeComplianceDetails") else {}
    return {
        "PaginationToken": token or "",
        "ResourceTagMappingList": [
            {"ResourceARN": row["arn"], "Tags": TAGS.shown(row["tags"]), **details} for row in shown
        ],
    }


async def get_tag_keys(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The keys of all tags in the region."""
    page = _names(ctx, params)
    number = ctx.principal.account_number
    rows = await resource_arns.keys(
        ctx.db, number, ctx.region, page.after or "", page.fetch or NAMES_SHOWN
    )
    shown, token = page.cut(rows, "name")
    return {"PaginationToken": token or "", "TagKeys": [row["name"] for row in shown]}


async def get_tag_values(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The values that one key has in the region."""
    page = _names(ctx, params)
    number = ctx.principal.account_number
    rows = await resource_arns.values(
        ctx.db, number, ctx.region, params["Key"], page.after, page.fetch or NAMES_SHOWN
    )
    shown, token = page.cut(rows, "name")
    return {"PaginationToken": token or "", "TagValues": [row["name"] for row in shown]}


async def tag_resources(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on up to 20 resources; those that cannot be tagged are told one by one."""
    arns = _own_arns(params)
    if not params["Tags"]:
        raise _invalid("Tags must contain at least one tag.")
    tags = TAGS.checked(params["Tags"])
    async with ctx.db.transaction():
        found = await resource_arns.find(ctx.db, ctx.principal.account_number, ctx.region, arns)
        full = set()
        if found:
            full = await resource_arns.put(ctx.db, sorted(found.values()), tags, TAGS.most)
    failed = _missing(arns, found)
    for arn, resource in found.items():
        if resource in full:
            failed[arn] = _failure(f"A resource can have at most {TAGS.most} tags.")
    return {"FailedResourcesMap": failed}


async def untag_resources(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off up to 20 resources; those that are not there are told one by one."""
    arns = _own_arns(params)
    tag_keys = params["TagKeys"]
    if not tag_keys or len(tag_keys) > TAGS.most:
        raise _invalid(f"TagKeys must contain 1 to {TAGS.most} keys.")
    TAGS.checked(dict.fromkeys(tag_keys, ""))
    async with ctx.db.transaction():
        found = await resource_arns.find(ctx.db, ctx.principal.account_number, ctx.region, arns)
        if found:
            await resource_arns.take(ctx.db, sorted(found.values()), tag_keys)
    return {"FailedResourcesMap": _missing(arns, found)}


async def describe_report_creation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether a report of the organisation's tags was made in 90 days: here none ever is."""
    return {"Status": "NO REPORT"}


async def get_compliance_summary(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Refused, as AWS does where no tag policies are enabled."""
    raise AwsError(
        "ConstraintViolationException",
        "You must enable tag policies in your organization before you can call this operation.",
    )


def _check_question(params: Mapping[str, Any]) -> None:
    """Refuse what GetResources does not take, alone or together."""
    arns = params.get("ResourceARNList")
    if arns is not None:
        if not 1 <= len(arns) <= MOST_ARNS:
            raise _invalid(f"ResourceARNList must contain 1 to {MOST_ARNS} ARNs.")
        _check_arns(arns)
        for name in ("TagFilters", "ResourceTypeFilters", "ResourcesPerPage", "TagsPerPage"):
            if params.get(name):
                raise _invalid(f"ResourceARNList cannot be specified together with {name}.")
    if params.get("ExcludeCompliantResources") and not params.get("IncludeComplianceDetails"):
        raise _invalid(
            "ExcludeCompliantResources can be true only if IncludeComplianceDetails is true."
        )
    size, tags = params.get("ResourcesPerPage"), params.get("TagsPerPage")
    if size is not None and not 1 <= size <= MOST_RESOURCES:
        raise _invalid(f"ResourcesPerPage must be between 1 and {MOST_RESOURCES}, not {size}.")
    if tags is not None and (tags % 100 or not LEAST_TAGS <= tags <= MOST_TAGS_SHOWN):
        raise _invalid(f"TagsPerPage must be a multiple of 100 from 100 to 500, not {tags}.")
    filters = params.get("TagFilters") or ()
    if len(filters) > MOST_FILTERS:
        raise _invalid(f"TagFilters can have at most {MOST_FILTERS} filters.")
    for one in filters:
        if not one.get("Key"):
            raise _invalid("A tag filter must have a key.")
        if len(one.get("Values") or ()) > MOST_VALUES:
            raise _invalid(f"A tag filter can have at most {MOST_VALUES} values.")


def _pattern(filters: Sequence[str]) -> str | None:
    """A regular expression of the ARNs of some types, such as `ec2`, `ec2:instance` or `s3`."""
    parts = []
    for one in filters:
        if not _TYPE.fullmatch(one):
            raise _invalid(f"{one} is not a valid resource type filter.")
        service, _, kind = one.partition(":")
        head = f"arn:aws:{re.escape(service)}:[^:]*:[^:]*:"
        if not kind or UNNAMED_KINDS.get(service) == kind:
            parts.append(head)
        else:
            parts.append(f"{head}{re.escape(kind)}[:/]")
    return f"^({'|'.join(parts)})" if parts else None


def _cut_by_tags(page: pages.Page, rows: list[Any], most: int) -> tuple[Sequence[Any], str | None]:
    """As many resources as have `most` tags together; one is never split over two pages."""
    shown: list[Any] = []
    tags = 0
    for row in rows:
        if shown and (tags + len(row["tags"]) > most or len(shown) == page.limit):
            return shown, page.token(str(shown[-1]["position"]))
        shown.append(row)
        tags += len(row["tags"])
    return shown, None


def _names(ctx: Context, params: dict[str, Any]) -> pages.Page:
    return pages.page(ctx, params, token=TOKEN, size="", default=NAMES_SHOWN, invalid=_bad_token)


def _own_arns(params: Mapping[str, Any]) -> list[str]:
    arns = list(dict.fromkeys(params["ResourceARNList"]))
    if not 1 <= len(arns) <= MOST_TAGGED:
        raise _invalid(f"ResourceARNList must contain 1 to {MOST_TAGGED} ARNs.")
    _check_arns(arns)
    return arns


def _check_arns(arns: Sequence[str]) -> None:
    for arn in arns:
        if not _ARN.fullmatch(arn):
            raise _invalid(f"{arn} is not a valid AmazonResourceName (ARN)")


def _missing(arns: Sequence[str], found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        arn: _failure(f"The resource {arn} does not exist.") for arn in arns if arn not in found
    }


def _failure(message: str) -> dict[str, Any]:
    return {"StatusCode": 400, "ErrorCode": "InvalidParameterException", "ErrorMessage": message}


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def _bad_token() -> AwsError:
    return AwsError("PaginationTokenExpiredException", "The pagination token is not valid.")
