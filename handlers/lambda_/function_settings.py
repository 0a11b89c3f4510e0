"""The configuration of a function: what requests may set, held to Lambda's rules.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from handlers.lambda_.refusals import constraint, invalid
from models import lambda_functions, lambda_layers

MOST_MEMORY_MB, MOST_SECONDS, MOST_STORAGE_MB = 10240, 900, 10240
MOST_LAYERS, MOST_ENVIRONMENT_BYTES = 5, 4096
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIMES = frozenset(
    {
        "nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x", "python3.9", "python3.10",
        "python3.11", "python3.12", "python3.13", "python3.14", "java8.al2", "java11", "java17",
        "java21", "java25", "dotnet8", "dotnet10", "ruby3.2", "ruby3.3", "ruby3.4",
        "provided.al2", "provided.al2023",
    }
)  # fmt: skip
# Members that would make another kind of function than is emulated.
_NOT_EMULATED = ("TenancyConfig", "CapacityProviderConfig", "DurableConfig", "AcceleratorConfig",
                 "RuntimeConfig", "PublishTo")  # fmt: skip
_PLAIN = {
    "Handler": "handler",
    "Description": "description",
    "Timeout": "timeout_seconds",
    "MemorySize": "memory_mb",
    "KMSKeyArn": "kms_key_arn",
    "FileSystemConfigs": "file_systems",
    "ImageConfig": "image_config",
}


async def settings(ctx: Context, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a request sets; what it does not name is not among them."""
    for name in _NOT_EMULATED:
        if asked.get(name) is not None:
            raise invalid(f"{name} is not supported by this emulator.")
    found = {column: asked[name] for name, column in _PLAIN.items() if asked.get(name) is not None}
    _check_sizes(found)
    if asked.get("Role") is not None:
        found["role_arn"] = _role(ctx, asked["Role"])
    if asked.get("Runtime") is not None:
        found["runtime"] = _runtime(asked["Runtime"])
    storage = (asked.get("EphemeralStorage") or {}).get("Size")
    if storage is not None:
        if storage > MOST_STORAGE_MB:
            raise constraint(
                storage,
                "ephemeralStorage.size",
                f"have value less than or equal to {MOST_STORAGE_MB}",
            )
        found["ephemeral_storage_mb"] = storage
    if asked.get("Environment") is not None:
        found["environment"] = _environment(asked["Environment"].get("Variables") or {})
    if asked.get("DeadLetterConfig") is not None:
        found["dead_letter_arn"] = _dead_letter(asked["DeadLetterConfig"].get("TargetArn"))
    if (asked.get("TracingConfig") or {}).get("Mode"):
        found["tracing_mode"] = asked["TracingConfig"]["Mode"]
    if (asked.get("SnapStart") or {}).get("ApplyOn"):
        found["snap_start"] = asked["SnapStart"]["ApplyOn"]
    if asked.get("LoggingConfig") is not None:
        found["logging"] = _logging(asked["LoggingConfig"])
    if asked.get("VpcConfig") is not None:
        found |= await _network(ctx, asked["VpcConfig"])
    if asked.get("Layers") is not None:
        found["layers"] = await _layers(ctx, asked["Layers"])
    return found


def _check_sizes(found: Mapping[str, Any]) -> None:
    memory, seconds = found.get("memory_mb", 0), found.get("timeout_seconds", 0)
    if memory > MOST_MEMORY_MB:
        raise invalid(
            "'MemorySize' value failed to satisfy constraint: Member must have value less than or"
            f" equal to {MOST_MEMORY_MB}"
        )
    if seconds > MOST_SECONDS:
        raise constraint(seconds, "timeout", f"have value less than or equal to {MOST_SECONDS}")


def _role(ctx: Context, role: str) -> str:
    if role.split(":")[4] != ctx.principal.account_number:
        raise AwsError("AccessDeniedException", "Cross-account pass role is not allowed.", 403)
    return role


def _runtime(runtime: str) -> str:
    if runtime not in RUNTIMES:
        raise invalid(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum"
            f" value set: [{', '.join(sorted(RUNTIMES))}] or be a valid ARN"
        )
    return runtime


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    reserved = sorted(RESERVED_VARIABLES & set(variables))
    failed = (
        "Lambda was unable to configure your environment variables because the environment"
        " variables you have provided "
    )
    if reserved:
        raise invalid(
            f"{failed}contains reserved keys that are currently not supported for modification."
            f" Reserved keys used in this request: {', '.join(reserved)}"
        )
    text = orjson.dumps(dict(variables)).decode()
    if len(text.encode()) > MOST_ENVIRONMENT_BYTES:
        raise invalid(f"{failed}exceeded the 4KB limit. String measured: {text}")
    return dict(variables)


def _dead_letter(target: str | None) -> str | None:
    if target and target.split(":")[2:3] not in (["sqs"], ["sns"]):
        raise invalid(
            "The provided execution role does not have permissions to call SendMessage on"
            f" {target}: only queues and topics can take what failed"
        )
    return target or None


def _logging(given: Mapping[str, str]) -> dict[str, str]:
    levels = [name for name in ("ApplicationLogLevel", "SystemLogLevel") if given.get(name)]
    if levels and given.get("LogFormat") != "JSON":
        raise invalid(
            "To specify an ApplicationLogLevel or SystemLogLevel, set your log format to JSON."
        )
    found = {name: value for name, value in given.items() if value}
    if given.get("LogFormat") == "JSON":
        found = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **found}
    return found


async def _network(ctx: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """The network of a function: subnets and groups of the caller's, all of one VPC."""
    subnets, groups = given.get("SubnetIds"), given.get("SecurityGroupIds")
    dual = bool(given.get("Ipv6AllowedForDualStack"))
    if not subnets and not groups:
        return {"vpc_id": None, "subnet_ids": [], "security_group_ids": [], "ipv6_dual_stack": dual}
    if not subnets or not groups:
        raise invalid("SubnetIds and SecurityIds must coexist or be both empty list.")
    mine, guards = await lambda_functions.networks(ctx.db, ctx.region, subnets, groups)
    for one in subnets:
        if one not in mine:
            raise invalid(f"The subnet ID '{one}' does not exist (Service: Ec2, Status Code: 400)")
    for one in groups:
        if one not in guards:
            raise invalid(
                f"The security group '{one}' does not exist (Service: Ec2, Status Code: 400)"
            )
    if len(set(mine.values())) > 1:
        raise invalid("Security Groups are required to be in the same VPC as the subnets.")
    if set(guards.values()) != set(mine.values()):
        raise invalid("Security Groups are required to be in the same VPC.")
    return {
        "vpc_id": mine[subnets[0]],
        "subnet_ids": list(dict.fromkeys(subnets)),
        "security_group_ids": list(dict.fromkeys(groups)),
        "ipv6_dual_stack": dual,
    }


async def _layers(ctx: Context, layers: list[str]) -> list[str]:
    """The layer versions of a function: the account's own, of its region, none of them twice."""
    if len(layers) > MOST_LAYERS:
        raise invalid(f"Cannot reference more than {MOST_LAYERS} layers.")
    heads = []
    for one in layers:
        parts = one.split(":")
        if len(parts) != 8 or parts[5] != "layer":
            raise invalid(f"Layer version {one} does not exist.")
        if parts[3] != ctx.region:
            raise invalid(
                "Layers are not in the same region as the function. Layers are expected to be in"
                f" region {ctx.region}."
            )
        if parts[4] != ctx.principal.account_number:
            raise AwsError(
                "AccessDeniedException",
                f"User: {ctx.principal.arn} is not authorized to perform: lambda:GetLayerVersion"
                f" on resource: {one} because no resource-based policy allows the"
                " lambda:GetLayerVersion action",
                403,
            )
        heads.append(":".join(parts[:7]))
    if len(set(heads)) < len(heads):
        raise invalid("Two different versions of the same layer are not allowed to be referenced"
                      " in the same function.")  # fmt: skip
    known = await lambda_layers.existing(ctx.db, layers)
    for one in layers:
        if one not in known:
            raise invalid(f"Layer version {one} does not exist.")
    return list(layers)
