"""What cases can be about, and how urgent they are."""

from typing import Any

from emulator.context import Context

NOUN = "support_cases"
SEVERITIES = {
    "low": "Low",
    "normal": "Normal",
    "high": "High",
    "urgent": "Urgent",
    "critical": "Critical",
}
ISSUES = ("customer-service", "technical")
LANGUAGES = ("en", "ja", "zh", "ko")
_USUAL = {"general-guidance": "General Guidance", "other": "Other"}
NAMES = {
    "general-info": "General Info and Getting Started",
    "billing": "Billing",
    "account-management": "Account Management",
    "amazon-elastic-compute-cloud-linux": "Elastic Compute Cloud (EC2 - Linux)",
    "amazon-elastic-block-store": "Elastic Block Store (EBS)",
    "amazon-relational-database-service-postgresql": "Relational Database Service (PostgreSQL)",
    "amazon-simple-storage-service": "Simple Storage Service (S3)",
    "aws-lambda": "Lambda",
    "cost-explorer": "Cost Explorer",
}
CATEGORIES: dict[str, dict[str, str]] = dict.fromkeys(NAMES, _USUAL)


async def describe_services(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The services that cases can be about, with the categories of each."""
    wanted = params.get("serviceCodeList")
    shown = [
        {
            "code": code,
            "name": name,
            "categories": [
                {"code": key, "name": called} for key, called in CATEGORIES[code].items()
            ],
        }
        for code, name in NAMES.items()
        if not wanted or code in wanted
    ]
    return {"services": shown}


async def describe_severity_levels(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How urgent a case can be."""
    return {"severityLevels": [{"code": code, "name": name} for code, name in SEVERITIES.items()]}
