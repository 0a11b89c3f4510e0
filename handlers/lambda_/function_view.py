"""Functions and versions as Lambda shows them.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html. Lists leave
out State, LastUpdateStatus and RuntimeVersionConfig, and what goes with them.
"""

from collections.abc import Mapping
from typing import Any

from emulator.rows import Computed, View

CREATING = {
    "State": "Pending",
    "StateReason": "The function is being created.",
    "StateReasonCode": "Creating",
}
UPDATING = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being created.",
    "LastUpdateStatusReasonCode": "Creating",
}


def _vpc(
    vpc_id: str | None, subnets: list[str] | None, groups: list[str] | None, dual: bool | None
) -> dict[str, Any] | None:
    if not vpc_id:
        return None
    return {
        "SubnetIds": subnets or [],
        "SecurityGroupIds": groups or [],
        "VpcId": vpc_id,
        "Ipv6AllowedForDualStack": bool(dual),
    }


def _layers(layers: list[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
    if not layers:
        return None
    return [{"Arn": one["arn"], "CodeSize": one["size"] or 0} for one in layers]


def _logging(logging: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    return {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **(logging or {})}


def _snap_start(mode: str | None, version: str) -> dict[str, str]:
    on = mode == "PublishedVersions" and version != "$LATEST"
    return {"ApplyOn": mode or "None", "OptimizationStatus": "On" if on else "Off"}


def _zipped(value: str | None, package_type: str | None) -> str | None:
    return None if package_type == "Image" else value


VIEW = View(
    {
        "FunctionName": "name",
        "FunctionArn": "arn",
        "Runtime": Computed(_zipped, "runtime", "package_type"),
        "Role": Computed(lambda role: role or "", "role_arn"),
        "Handler": Computed(_zipped, "handler", "package_type"),
        "CodeSize": Computed(lambda size: size or 0, "code_size"),
        "Description": Computed(lambda text: text or "", "description"),
        "Timeout": "timeout_seconds",
        "MemorySize": "memory_mb",
        "LastModified": "modified",
        "CodeSha256": Computed(lambda text: text or "", "code_sha256"),
        "Version": "version",
        "VpcConfig": Computed(
            _vpc, "vpc_id", "subnet_ids", "security_group_ids", "ipv6_dual_stack"
        ),
        "DeadLetterConfig": {"TargetArn": "dead_letter_arn"},
        "Environment": Computed(
            lambda variables: {"Variables": variables} if variables else None, "environment"
        ),
        "KMSKeyArn": "kms_key_arn",
        "TracingConfig": {"Mode": "tracing_mode"},
        "RevisionId": "revision",
        "Layers": Computed(_layers, "layers"),
        "FileSystemConfigs": "file_systems",
        "PackageType": "package_type",
        "ImageConfigResponse": Computed(
            lambda config: {"ImageConfig": config} if config else None, "image_config"
        ),
        "Architectures": Computed(lambda one: [one], "architecture"),
        "EphemeralStorage": {"Size": Computed(lambda size: size or 512, "ephemeral_storage_mb")},
        "SnapStart": Computed(_snap_start, "snap_start", "version"),
        "LoggingConfig": Computed(_logging, "logging", "name"),
    }
)


def shown(row: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """One function or version with its state, which lists leave out; `more` goes over it."""
    under_way = row["transition"]
    state: dict[str, Any] = CREATING if under_way == "creating" else {"State": "Active"}
    update = UPDATING if under_way == "updating" else {"LastUpdateStatus": "Successful"}
    if under_way == "creating":
        update = {}
    answer = {**VIEW.show(row), **state, **update}
    if row["package_type"] != "Image":
        answer["RuntimeVersionConfig"] = {"RuntimeVersionArn": runtime_version(row)}
    return {**answer, **more}


def runtime_version(row: Mapping[str, Any]) -> str:
    """The ARN of the build of its runtime that a function runs on."""
    from hashlib import sha256

    if row["runtime_version_arn"]:
        return str(row["runtime_version_arn"])
    digest = sha256(f"{row['runtime']}/{row['architecture']}".encode()).hexdigest()
    return f"arn:aws:lambda:{row['region']}::runtime:{digest}"
