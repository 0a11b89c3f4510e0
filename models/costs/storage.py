"""What keeping data costs: volumes, snapshots, objects, logs."""

from decimal import Decimal

from models.costs.money import Number, exact, quantise, stepped
from models.prices import HOME_REGION, price, rates

# gp3 includes these; more is charged by the unit.
GP3_INCLUDED_IOPS = 3000
GP3_INCLUDED_MIBPS = 125
# io2 is cheaper by the unit above each of these.
IO2_STEPS = (32000, 64000)


def volume_monthly(
    volume_type: str,
    size_gib: Number,
    region: str = HOME_REGION,
    *,
    iops: int | None = None,
    throughput_mibps: int | None = None,
) -> Decimal:
    """An EBS volume, attached or not.

    IOPS are charged above 3000 on gp3, all of them on io1, in three steps on io2; throughput
    above 125 MiB/s on gp3. An io volume without a stored figure costs its storage alone (its
    row then says $62.50 for 500 GiB of io1). A type unknown costs what gp3 does.
    """
    kind = volume_type if ("ebs", volume_type) in rates() else "gp3"
    usd = price("ebs", kind, region) * exact(size_gib)
    if kind == "gp3":
        extra = max((iops or 0) - GP3_INCLUDED_IOPS, 0)
        faster = max((throughput_mibps or 0) - GP3_INCLUDED_MIBPS, 0)
        usd += extra * price("ebs", "gp3-iops", region)
        usd += faster * price("ebs", "gp3-throughput", region)
    elif kind == "io1":
        usd += (iops or 0) * price("ebs", "io1-iops", region)
    elif kind == "io2":
        usd += _io2_iops(iops or 0, region)
    return quantise(usd)


def _io2_iops(iops: int, region: str) -> Decimal:
    low, high = IO2_STEPS
    return (
        min(iops, low) * price("ebs", "io2-iops", region)
        + min(max(iops - low, 0), high - low) * price("ebs", "io2-iops-32000", region)
        + max(iops - high, 0) * price("ebs", "io2-iops-64000", region)
    )


def snapshot_monthly(
    size_gib: Number, region: str = HOME_REGION, *, tier: str = "standard"
) -> Decimal:
    """A snapshot by the size of its volume (AWS bills changed blocks; rows hold no such size)."""
    item = "snapshot-archive" if tier == "archive" else "snapshot"
    return quantise(price("ebs", item, region) * exact(size_gib))


S3_STEPS_GB = (51200, 512000)  # STANDARD is cheaper above 50 TB and above 500 TB


def s3_storage_monthly(
    gb: Number, region: str = HOME_REGION, *, storage_class: str = "STANDARD", tiered: bool = False
) -> Decimal:
    """Objects of one class for a month, by class name; unknown classes cost STANDARD.

    `tiered` applies the volume steps of STANDARD. Off by default: the daily rows of a bucket
    price every GB alike, as the steps belong to the account's sum. The column
    `storage_gb_glacier` is GLACIER_IR (0.004); GLACIER, Flexible Retrieval, is 0.0036.
    """
    amount = exact(gb)
    if tiered and storage_class == "STANDARD":
        return quantise(stepped(amount, S3_STEPS_GB, _S3_STANDARD, "s3", region))
    known = storage_class if ("s3", storage_class) in rates() else "STANDARD"
    return quantise(price("s3", known, region) * amount)


_S3_STANDARD = ("STANDARD", "STANDARD-50TB", "STANDARD-500TB")


def s3_requests(reads: Number, writes: Number, region: str = HOME_REGION) -> Decimal:
    """GETs and PUTs (with COPY, POST, LIST) of class STANDARD, for that many."""
    read = price("s3", "read-requests", region) * exact(reads)
    return quantise(read + price("s3", "write-requests", region) * exact(writes))


def log_ingestion(gb: Number, region: str = HOME_REGION, *, log_class: str = "STANDARD") -> Decimal:
    """Log data taken in; the Infrequent Access class costs half."""
    rare = log_class.upper() == "INFREQUENT_ACCESS"
    item = "ingestion-infrequent-access" if rare else "ingestion"
    return quantise(price("logs", item, region) * exact(gb))


def log_storage_monthly(gb: Number, region: str = HOME_REGION) -> Decimal:
    """Log data kept, by the GB as the row counts it (AWS compresses first)."""
    return quantise(price("logs", "storage", region) * exact(gb))
