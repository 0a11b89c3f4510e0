"""The limits of a volume's type: what size, IOPS and throughput EBS lets it have."""

from emulator.errors import AwsError
from models.volume_types import MULTI_ATTACH, VOLUME_TYPES, baseline_iops


def performance(
    volume_type: str, size: int, iops: int | None, throughput: int | None
) -> tuple[int | None, int | None]:
    """The IOPS and throughput that a volume gets, within what its type allows."""
    limits = VOLUME_TYPES.get(volume_type)
    if limits is None:
        raise AwsError(
            "UnknownVolumeType", f"Unsupported volume type '{volume_type}' for volume creation."
        )
    if size < limits.smallest_gib:
        raise AwsError(
            "InvalidParameterValue",
            f"Volume of {size}GiB is too small for volume type {volume_type}; minimum is"
            f" {limits.smallest_gib}GiB.",
        )
    if size > limits.largest_gib:
        raise AwsError(
            "InvalidParameterValue",
            f"Volume of {size}GiB is too large for volume type {volume_type}; maximum is"
            f" {limits.largest_gib}GiB.",
        )
    if limits.iops is None and iops is not None:
        raise AwsError(
            "InvalidParameterCombination",
            f"The parameter iops is not supported for {volume_type} volumes.",
        )
    if limits.throughput is None and throughput is not None:
        raise AwsError(
            "InvalidParameterCombination",
            f"The parameter throughput is not supported for {volume_type} volumes.",
        )
    if limits.iops is None:
        return baseline_iops(volume_type, size), None
    chosen = iops if iops is not None else limits.default_iops
    if chosen is None:
        raise AwsError(
            "MissingParameter", f"The parameter iops must be specified for {volume_type} volumes."
        )
    _check_iops(volume_type, size, chosen, baseline=limits.default_iops)
    flow = throughput if throughput is not None else limits.default_throughput
    if flow is not None and limits.throughput is not None:
        low, high = limits.throughput
        if not low <= flow <= high or flow * 4 > chosen:
            raise AwsError(
                "InvalidParameterValue",
                f"Throughput (MiBps) to iops ratio of {flow / chosen:.6f} is too high; maximum is"
                " 0.250000 MiBps per iops."
                if low <= flow <= high
                else f"Volume throughput of {flow} is out of range; it must be between {low} and"
                f" {high} MiB/s.",
            )
    return chosen, flow


def check_multi_attach(volume_type: str, wanted: bool | None) -> None:
    """Refuse several attachments at once where the type does not know them."""
    if wanted and volume_type not in MULTI_ATTACH:
        raise AwsError(
            "InvalidParameterCombination",
            f"The parameter multiAttachEnabled is not supported for {volume_type} volumes.",
        )


def _check_iops(volume_type: str, size: int, iops: int, *, baseline: int | None) -> None:
    limits = VOLUME_TYPES[volume_type]
    low, high = limits.iops or (0, 0)
    if iops < low:
        raise AwsError(
            "InvalidParameterValue",
            f"Volume iops of {iops} is too low; minimum is {low} for volume type {volume_type}.",
        )
    if iops > high:
        raise AwsError(
            "InvalidParameterValue",
            f"Volume iops of {iops} is too high; maximum is {high} for volume type {volume_type}.",
        )
    if iops > size * limits.iops_per_gib and iops != baseline:
        raise AwsError(
            "InvalidParameterValue",
            f"Iops to volume size ratio of {iops / size:.6f} is too high; maximum is"
            f" {limits.iops_per_gib}.000000",
        )
