"""What an estate's functions have: versions, aliases, layers, permissions, event sources."""

import hashlib
from base64 import b64encode

from models.estates.chance import Chance
from models.estates.estate import Estate, Row

_LAYER = "observability"
_LAYER_VERSIONS = 3
_SHARE_WITH_LAYER = 0.4
# Functions whose names say so are called by something.
_CALLERS = {"webhook": "apigateway.amazonaws.com", "cleanup": "events.amazonaws.com",
            "export": "events.amazonaws.com", "notify": "sns.amazonaws.com"}  # fmt: skip
_READERS = ("ingest", "enrich", "score", "sync")
_DEPLOYED = ("prod", "staging")


def create(estate: Estate) -> None:
    """What every function has: deployed ones versions and an alias, some a layer or a caller."""
    functions = estate.rows.get("lambda_functions", [])
    for region in sorted({row["region"] for row in functions}):
        _layers(estate, region)
    for at, row in enumerate(functions):
        chance = estate.chance("function parts", at)
        if chance.happens(_SHARE_WITH_LAYER):
            row["layers"] = [_layer_arn(estate, row["region"], chance.whole(1, _LAYER_VERSIONS))]
        else:
            row["layers"] = []
        if row["env"] in _DEPLOYED:
            _deploy(estate, chance, row)
        service = _CALLERS.get(_verb(row))
        if service:
            _permit(estate, chance, row, service)


def read(estate: Estate) -> None:
    """Functions that take things in read the streams of their region and environment."""
    streams = [
        row for row in estate.rows.get("streaming_clusters", []) if row["engine"] == "kinesis"
    ]
    for at, row in enumerate(estate.rows.get("lambda_functions", [])):
        if _verb(row) not in _READERS:
            continue
        chance = estate.chance("event source", at)
        near = [
            one for one in streams if (one["region"], one["env"]) == (row["region"], row["env"])
        ]
        if not near:
            continue
        stream, key, born = chance.pick(near), chance.key(), row["created_at"]
        estate.add(
            "lambda_event_source_mappings",
            {
                "id": key,
                "account_id": estate.account_id,
                "region": row["region"],
                "arn": estate.arn("lambda", row["region"], f"event-source-mapping:{key}"),
                "function_arn": row["arn"],
                "event_source_arn": stream["arn"],
                "enabled": chance.happens(0.85),
                "batch_size": chance.pick((100, 100, 500, 1000)),
                "options": {
                    "StartingPosition": "LATEST", "MaximumBatchingWindowInSeconds": 0,
                    "ParallelizationFactor": 1, "DestinationConfig": {"OnFailure": {}},
                    "MaximumRecordAgeInSeconds": -1, "BisectBatchOnFunctionError": False,
                    "MaximumRetryAttempts": -1, "TumblingWindowInSeconds": 0,
                    "FunctionResponseTypes": [],
                },
                "modified_at": born,
                "created_at": born,
            },
        )  # fmt: skip


def _verb(row: Row) -> str:
    # service-verb-env-number; a service's name may hold dashes of its own
    return str(row["name"]).rsplit("-", 3)[1]


def _layer_arn(estate: Estate, region: str, version: int) -> str:
    return estate.arn("lambda", region, f"layer:{_LAYER}:{version}")


def _layers(estate: Estate, region: str) -> None:
    chance = estate.chance("layer", region)
    born = sorted(estate.before(chance, 20, 600) for _ in range(_LAYER_VERSIONS))
    for version in range(1, _LAYER_VERSIONS + 1):
        digest = hashlib.sha256(f"{region}/{version}".encode()).digest()
        estate.add(
            "lambda_layer_versions",
            {
                "id": chance.key(),
                "account_id": estate.account_id,
                "region": region,
                "name": _LAYER,
                "version": version,
                "arn": _layer_arn(estate, region, version),
                "description": "Traces, metrics and logs",
                "runtimes": ["python3.12", "python3.13", "nodejs22.x"],
                "architectures": ["x86_64", "arm64"],
                "code_size": chance.whole(2_000_000, 9_000_000),
                "code_sha256": b64encode(digest).decode(),
                "created_at": born[version - 1],
            },
        )


def _deploy(estate: Estate, chance: Chance, row: Row) -> None:
    """Versions, the newest of them live; what is kept warm gets its own when it is written."""
    if row["provisioned_concurrency"]:
        return
    newest = chance.whole(1, 4)
    for version in range(1, newest + 1):
        estate.add(
            "lambda_versions",
            {
                "id": chance.key(),
                "account_id": estate.account_id,
                "function_id": row["id"],
                "region": row["region"],
                "version": version,
                "arn": f"{row['arn']}:{version}",
                "configuration": {},
                "created_at": row["created_at"],
            },
        )
    estate.add(
        "lambda_aliases",
        {
            "id": chance.key(),
            "account_id": estate.account_id,
            "function_id": row["id"],
            "region": row["region"],
            "name": "live",
            "arn": f"{row['arn']}:live",
            "version": str(newest),
            "description": "What clients call",
            "created_at": row["created_at"],
        },
    )


def _permit(estate: Estate, chance: Chance, row: Row, service: str) -> None:
    sid = f"allow-{service.partition('.')[0]}"
    estate.add(
        "lambda_permissions",
        {
            "id": chance.key(),
            "account_id": estate.account_id,
            "function_id": row["id"],
            "region": row["region"],
            "statement_id": sid,
            "statement": {
                "Sid": sid,
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "lambda:InvokeFunction",
                "Resource": row["arn"],
                "Condition": {"StringEquals": {"AWS:SourceAccount": estate.number}},
            },
            "created_at": row["created_at"],
        },
    )
