"""Functions and managed services on the bill."""

from drift.ledger.source import HOURS, Part, Source, new, old

_ARM = "CASE b.p ->> 'type' WHEN 'arm64' THEN '-ARM' ELSE '' END"
_CALLS = "coalesce((b.p ->> 'invocations')::numeric, 0)"
_NODES = "coalesce((b.p ->> 'nodes')::numeric, 1)"
_KIND = "coalesce(b.p ->> 'service', '')"
_SEARCH = f"{_KIND} IN ('opensearch', 'elasticsearch', 'es')"
_WAREHOUSE = f"{_KIND} = 'redshift'"

SOURCES = (
    Source(
        "lambda_function",
        "AWS Lambda",
        "AWSLambda",
        (
            Part(
                old("'Request' || " + _ARM),
                "'Invoke'",
                "Requests",
                _CALLS,
                f"{_CALLS} * q.call",
            ),
            Part(
                old("'Lambda-Provisioned-Concurrency' || " + _ARM),
                "'Invoke'",
                "Lambda-GB-Second",
                "coalesce(z.provisioned_concurrency, 0) * z.memory_mb / 1024.0 * 86400",
                "coalesce((b.p ->> 'provisioned_cost')::numeric, 0)",
                "lambda",
            ),
            Part(
                old("'Lambda-GB-Second' || " + _ARM),
                "'Invoke'",
                "Lambda-GB-Second",
                f"{_CALLS} * coalesce((b.p ->> 'duration')::numeric, 0) / 1000"
                " * coalesce(z.memory_mb, 128) / 1024",
                eligible="lambda",
            ),
        ),
        join="""LEFT JOIN lambda_functions z ON z.arn = b.id AND z.account_id = :account
  JOIN unnest(:regions, :rate_call::numeric[]) AS q (region, call) ON q.region
      = CASE WHEN b.region = ANY (:regions) THEN b.region ELSE 'us-east-1' END""",
    ),
    Source(
        "managed_service",
        "Amazon OpenSearch Service",
        "AmazonES",
        (
            Part(
                old("'ES:GP3-Storage'"),
                "'ESDomain'",
                "GB-Mo",
                "0",
                "coalesce((b.p ->> 'storage_cost')::numeric, 0)",
            ),
            Part(
                old(
                    "'ESInstance:' || replace(replace(b.p ->> 'type', '.search', ''),"
                    " '.elasticsearch', '')"
                ),
                "'ESDomain'",
                "Hrs",
                f"{HOURS} * {_NODES}",
                eligible="opensearch",
            ),
        ),
        type="b.p ->> 'type'",
        where=_SEARCH,
    ),
    Source(
        "managed_service",
        "Amazon SageMaker",
        "AmazonSageMaker",
        (
            Part(
                new(
                    f"CASE WHEN {_KIND} LIKE '%endpoint%' THEN 'Host:' ELSE 'Notebk:' END"
                    " || coalesce(b.p ->> 'type', 'ml.t3.medium')"
                ),
                "'RunInstance'",
                "Hrs",
                f"{HOURS} * {_NODES}",
                eligible="sagemaker",
            ),
        ),
        type="b.p ->> 'type'",
        where=f"NOT ({_SEARCH} OR {_WAREHOUSE})",
    ),
    Source(
        "managed_service",
        "Amazon Redshift",
        "AmazonRedshift",
        (
            Part(
                old("'Node:' || (b.p ->> 'type')"),
                "'RunComputeNode:0001'",
                "Hrs",
                f"{HOURS} * {_NODES}",
            ),
        ),
        type="b.p ->> 'type'",
        where=_WAREHOUSE,
    ),
    Source(
        "sagemaker_resource",
        "Amazon SageMaker",
        "AmazonSageMaker",
        (
            Part(
                new(
                    "CASE b.p ->> 'kind' WHEN 'processing-job' THEN 'Processing:'"
                    " WHEN 'transform-job' THEN 'Tsform:' ELSE 'Train:' END || (b.p ->> 'type')"
                ),
                "'RunInstance'",
                "Hrs",
                f"(b.p ->> 'hours')::numeric * {_NODES}",
                eligible="sagemaker",
            ),
        ),
        type="b.p ->> 'type'",
    ),
)
