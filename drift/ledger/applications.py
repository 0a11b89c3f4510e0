"""Functions and managed services on the bill."""

from drift import rates
from drift.ledger.source import DAY_OF_MONTH, HOURS, Part, Source, new, old, share
from models.costs.search import (
    FREE_IOPS,
    FREE_MIBPS,
    LARGE_MIBPS,
    MOST_MIBPS,
    SMALL_GIB,
    STEP_GIB,
)

_ARM = "CASE b.p ->> 'type' WHEN 'arm64' THEN '-ARM' ELSE '' END"
_CALLS = "coalesce((b.p ->> 'invocations')::numeric, 0)"
_NODES = "coalesce((b.p ->> 'nodes')::numeric, 1)"
_KIND = "coalesce(b.p ->> 'service', '')"
_SEARCH = f"{_KIND} IN ('opensearch', 'elasticsearch', 'es')"
_WAREHOUSE = f"{_KIND} = 'redshift'"
_ROW = "LEFT JOIN managed_services z ON z.arn = b.id AND z.account_id = :account\n  "
# Of a function whose concurrency is kept warm, running costs less.
_WARM = "CASE WHEN z.provisioned_concurrency > 0 THEN 'Provisioned-' ELSE '' END"

_SEARCH_DISKS = rates.of(
    "b.region", "search_disk", "search_disk_old", "search_disk_io", "search_disk_slow",
    "search_iops", "search_iops_io", "search_mibps",
)  # fmt: skip
_SEARCH_DISK = (
    "CASE z.storage_type WHEN 'gp2' THEN q.search_disk_old WHEN 'io1' THEN q.search_disk_io"
    " WHEN 'standard' THEN q.search_disk_slow ELSE q.search_disk END"
)
_SEARCH_VOLUME = (
    "CASE z.storage_type WHEN 'gp2' THEN 'ES:GP2-Storage' WHEN 'io1' THEN 'ES:PIOPS-Storage'"
    " WHEN 'standard' THEN 'ES:Magnetic-Storage' ELSE 'ES:GP3-Storage' END"
)
_STORED = "coalesce(z.storage_gib, 0) > 0"
_GP3 = "coalesce(z.storage_type, 'gp3') = 'gp3'"
# What gp3 brings along costs nothing more; of io1 every operation does.
_SEARCH_IOPS = f"""CASE WHEN NOT {_STORED} THEN 0
    WHEN z.storage_type = 'io1' THEN coalesce(z.iops, 0)
    WHEN {_GP3} THEN greatest(0, coalesce(z.iops, 0) - {FREE_IOPS}) ELSE 0 END"""
_SEARCH_MIBPS = f"""CASE WHEN {_STORED} AND {_GP3}
    THEN greatest(0, coalesce(z.throughput_mibps, 0)
         - CASE WHEN z.storage_gib <= {SMALL_GIB} THEN {FREE_MIBPS}
           ELSE least({MOST_MIBPS}, {LARGE_MIBPS} * ceil(z.storage_gib / {STEP_GIB}.0)) END)
    ELSE 0 END"""
_SEARCH_FAST = "CASE z.storage_type WHEN 'io1' THEN q.search_iops_io ELSE q.search_iops END"


def _search_nodes(kind: str) -> Part:
    """Nodes of a domain that hold no data of their own."""
    hours = rates.node("opensearch", f"z.{kind}_type", "b.region")
    return Part(
        old(f"'ESInstance:' || replace(coalesce(z.{kind}_type, ''), '.search', '')"),
        "'ESDomain'",
        "Hrs",
        f"{HOURS} * coalesce(z.{kind}_count, 0)",
        share(f"coalesce({hours} * z.{kind}_count, 0)"),
        "opensearch",
        f"z.{kind}_type",
    )


# A notebook has one volume, an endpoint one for each machine of each variant.
_ML_GIB = f"""CASE WHEN jsonb_typeof(z.variants) = 'array' THEN (
        SELECT coalesce(sum(coalesce((v ->> 'VolumeSizeInGB')::numeric, 0)
                            * coalesce((v ->> 'DesiredInstanceCount')::numeric, 1)), 0)
          FROM jsonb_array_elements(z.variants) v WHERE v ? 'InstanceType')
    ELSE coalesce(z.storage_gib, 0) * greatest(1, {_NODES}) END"""

_JOB = (
    "CASE b.p ->> 'kind' WHEN 'processing-job' THEN 'Processing:'"
    " WHEN 'transform-job' THEN 'Tsform:' ELSE 'Train:' END"
)
_JOB_GIB = f"""coalesce((coalesce(z.settings -> 'ResourceConfig',
        z.settings -> 'TrainingJobDefinition' -> 'ResourceConfig',
        z.settings -> 'ProcessingResources' -> 'ClusterConfig') ->> 'VolumeSizeInGB')::numeric, 0)
    * {_NODES}"""

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
                old(f"'Lambda-' || {_WARM} || 'GB-Second' || {_ARM}"),
                "'Invoke'",
                "Lambda-GB-Second",
                f"{_CALLS} * coalesce((b.p ->> 'duration')::numeric, 0) / 1000"
                " * coalesce(z.memory_mb, 128) / 1024",
                eligible="lambda",
            ),
        ),
        join="LEFT JOIN lambda_functions z ON z.arn = b.id AND z.account_id = :account\n  "
        + rates.of("b.region", "call"),
    ),
    Source(
        "managed_service",
        "Amazon OpenSearch Service",
        "AmazonES",
        (
            Part(
                old("'ES:GP3-Provisioned-Throughput'"),
                "'ESDomain'",
                "MBPS-Mo",
                f"({_SEARCH_MIBPS}) * {_NODES} * {DAY_OF_MONTH}",
                share(f"({_SEARCH_MIBPS}) * {_NODES} / 730 * q.search_mibps"),
            ),
            Part(
                old("CASE z.storage_type WHEN 'io1' THEN 'ES:PIOPS' ELSE 'ES:GP3-PIOPS' END"),
                "'ESDomain'",
                "IOPS-Mo",
                f"({_SEARCH_IOPS}) * {_NODES} * {DAY_OF_MONTH}",
                share(f"({_SEARCH_IOPS}) * {_NODES} / 730 * {_SEARCH_FAST}"),
            ),
            Part(
                old(_SEARCH_VOLUME),
                "'ESDomain'",
                "GB-Mo",
                f"coalesce(z.storage_gib, 0) * {_NODES} * {DAY_OF_MONTH}",
                share(f"coalesce(z.storage_gib, 0) * {_NODES} / 730 * {_SEARCH_DISK}"),
            ),
            _search_nodes("dedicated_master"),
            _search_nodes("warm"),
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
        join=_ROW + _SEARCH_DISKS,
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
                    " || 'VolumeUsage.gp2'"
                ),
                "'RunInstance'",
                "GB-Mo",
                f"({_ML_GIB}) * {DAY_OF_MONTH}",
                # a notebook that is stopped costs its volume alone
                f"CASE WHEN {_NODES} = 0 THEN b.cost"
                f" ELSE {share(f'({_ML_GIB}) / 730 * q.notebook_disk')} END",
            ),
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
        join=_ROW + rates.of("b.region", "notebook_disk"),
        where=f"NOT ({_SEARCH} OR {_WAREHOUSE})",
    ),
    Source(
        "managed_service",
        "Amazon Redshift",
        "AmazonRedshift",
        (
            Part(
                old("'RMS:' || (b.p ->> 'type')"),
                "'RunComputeNode:0001'",
                "GB-Mo",
                f"coalesce(z.storage_gib, 0) * {_NODES} * {DAY_OF_MONTH}",
                share(f"coalesce(z.storage_gib, 0) * {_NODES} / 730 * q.warehouse_disk"),
            ),
            Part(
                old("'Node:' || (b.p ->> 'type')"),
                "'RunComputeNode:0001'",
                "Hrs",
                f"{HOURS} * {_NODES}",
            ),
        ),
        type="b.p ->> 'type'",
        join=_ROW + rates.of("b.region", "warehouse_disk"),
        where=_WAREHOUSE,
    ),
    Source(
        "sagemaker_resource",
        "Amazon SageMaker",
        "AmazonSageMaker",
        (
            Part(
                new(f"{_JOB} || 'VolumeUsage.gp2'"),
                "'RunInstance'",
                "GB-Mo",
                f"({_JOB_GIB}) * (b.p ->> 'hours')::numeric / 730",
                share(f"({_JOB_GIB}) / 730 * q.notebook_disk"),
            ),
            Part(
                new(f"{_JOB} || (b.p ->> 'type')"),
                "'RunInstance'",
                "Hrs",
                f"(b.p ->> 'hours')::numeric * {_NODES}",
                eligible="sagemaker",
            ),
        ),
        type="b.p ->> 'type'",
        join="LEFT JOIN sagemaker_resources z ON z.arn = b.id AND z.account_id = :account\n  "
        + rates.of("b.region", "notebook_disk"),
    ),
)
