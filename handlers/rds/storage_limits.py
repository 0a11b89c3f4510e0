"""What a database's storage can be: sizes, IOPS and throughput of each type.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html.
"""

from typing import Any

from emulator.errors import AwsError
from models import rds_engines
from models.rds_engines import Engine


def storage(
    engine: Engine,
    storage_type: str | None,
    size_gib: int | None,
    iops: int | None,
    throughput: int | None,
) -> dict[str, Any]:
    """The storage columns of a database; AwsError for what AWS does not sell.

    Aurora's volume grows by itself: it is said to have one GiB, as AWS says.
    """
    if engine.is_aurora:
        return {
            "storage_type": storage_type if storage_type in engine.storage_types else "aurora",
            "allocated_storage_gib": 1,
            "iops": None,
            "storage_throughput": None,
        }
    kind = storage_type or ("io1" if iops else "gp3")
    if kind not in engine.storage_types:
        raise AwsError("InvalidParameterValue", f"Invalid storage type: {kind}")
    if size_gib is None:
        raise AwsError(
            "InvalidParameterValue",
            "The parameter AllocatedStorage must be provided and must not be blank.",
        )
    if not rds_engines.least_storage_gib(kind) <= size_gib <= engine.most_storage_gib:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid storage size for engine name {engine.name} and storage type {kind}:"
            f" {size_gib}",
        )
    iops, throughput = _speed(engine, kind, size_gib, iops, throughput)
    return {
        "storage_type": kind,
        "allocated_storage_gib": size_gib,
        "iops": iops,
        "storage_throughput": throughput,
    }


def _speed(
    engine: Engine, kind: str, size_gib: int, iops: int | None, throughput: int | None
) -> tuple[int | None, int | None]:
    if kind in ("io1", "io2"):
        if iops is None:
            raise AwsError(
                "InvalidParameterCombination", f"You must specify IOPS for storage type {kind}."
            )
        _check_iops(iops, 1000, 256_000)
        return iops, None
    if kind != "gp3":
        if iops is not None or throughput is not None:
            raise AwsError(
                "InvalidParameterCombination",
                f"You can't specify IOPS or storage throughput for storage type {kind}.",
            )
        return None, None
    usual_iops, usual_throughput = rds_engines.included(kind, size_gib)
    small = size_gib < rds_engines.LARGE_GIB and not engine.name.startswith("sqlserver")
    chosen = (iops not in (None, usual_iops)) or (throughput not in (None, usual_throughput))
    if small and chosen:
        raise AwsError(
            "InvalidParameterCombination",
            f"You can't specify IOPS or storage throughput for engine {engine.name} and a storage"
            f" size less than {rds_engines.LARGE_GIB}.",
        )
    if iops is not None:
        _check_iops(iops, usual_iops or 3000, 64_000)
    return iops or usual_iops, throughput or usual_throughput


def _check_iops(iops: int, least: int, most: int) -> None:
    if not least <= iops <= most:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid iops value: {iops}. Iops must be between {least} and {most}.",
        )
