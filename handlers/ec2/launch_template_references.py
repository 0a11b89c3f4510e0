"""How requests name a launch template and its versions, and AWS's words for what is not there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import LAUNCH_TEMPLATE
from models import launch_templates

DEFAULT, LATEST = "$Default", "$Latest"


@dataclass(frozen=True, slots=True)
class TemplateReference:
    """A template by id or by name: exactly one of them."""

    template_id: str | None
    name: str | None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "TemplateReference":
        """What `LaunchTemplateId` and `LaunchTemplateName` say."""
        template_id, name = given.get("LaunchTemplateId"), given.get("LaunchTemplateName")
        if template_id and name:
            raise AwsError(
                "InvalidParameterCombination",
                "The parameter launchTemplateName cannot be used with the parameter"
                " launchTemplateId",
            )
        if not template_id and not name:
            raise AwsError(
                "MissingParameter",
                "Either a launch template ID or a launch template name must be specified in the"
                " request",
            )
        if template_id:
            identifiers.check(LAUNCH_TEMPLATE, [template_id])
        return cls(template_id or None, name or None)

    async def find(self, ctx: Context) -> Any:
        """The template's row."""
        row = await launch_templates.find(ctx.db, ctx.region, self.template_id, self.name)
        if row is not None:
            return row
        if self.template_id:
            raise identifiers.not_found(LAUNCH_TEMPLATE, [self.template_id])
        raise name_not_found(self.name or "")

    async def find_version(self, ctx: Context, version: str | None) -> tuple[Any, Any]:
        """The template's row and that of one of its versions; the default one where none is named.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateSpecification.html
        """
        template = await self.find(ctx)
        number = version_number(template, version or DEFAULT)
        found = await launch_templates.find_version(ctx.db, template["launch_template_id"], number)
        if found is None:
            raise version_not_found(template, number)
        return template, found


def version_number(template: Any, version: str) -> int:
    """The number that a version is named by: $Default, $Latest or digits."""
    if version == DEFAULT:
        return int(template["default_version"])
    if version == LATEST:
        return int(template["latest_version"])
    if not version.isascii() or not version.isdigit() or len(version) > 18:
        raise AwsError(
            "InvalidParameterValue",
            f"The launch template version '{version}' is not valid: it must be a number,"
            " $Latest or $Default.",
        )
    return int(version)


def name_not_found(name: str) -> AwsError:
    """The error for a name that no template has."""
    return AwsError(
        "InvalidLaunchTemplateName.NotFoundException",
        f"The specified launch template, with template name {name}, does not exist.",
    )


def version_not_found(template: Any, number: int) -> AwsError:
    """The error for a version that a template does not have."""
    return AwsError(
        "InvalidLaunchTemplateId.VersionNotFound",
        f"Could not find the specified version {number} for the launch template with ID"
        f" {template['launch_template_id']}.",
    )
