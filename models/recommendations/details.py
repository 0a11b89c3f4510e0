"""Resources in a recommendation's detail: their configuration, use and price, now and then."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models.recommendations import services
from models.recommendations.advice import STORAGE, Advice
from models.recommendations.finding import Option
from models.recommendations.purchases import Purchase

# The member of ResourceDetails that shows a type.
_MEMBERS = {
    "Ec2Instance": "ec2Instance",
    "Ec2AutoScalingGroup": "ec2AutoScalingGroup",
    "EbsVolume": "ebsVolume",
    "LambdaFunction": "lambdaFunction",
    "EcsService": "ecsService",
    "RdsDbInstance": "rdsDbInstance",
    STORAGE: "rdsDbInstanceStorage",
    "NatGateway": "natGateway",
    "ElastiCacheCluster": "elastiCacheCluster",
    "SageMakerEndpoint": "sageMakerEndpoint",
}


def current(one: Advice | Purchase) -> dict[str, Any] | None:
    """The resource as it is; what is to be bought is not there yet."""
    if isinstance(one, Purchase):
        return None
    return _details(one, None, one.saving.before)


def recommended(one: Advice | Purchase) -> dict[str, Any]:
    """The resource as it would be; what is to end costs nothing any more."""
    if isinstance(one, Purchase):
        name = one.type[:1].lower() + one.type[1:]
        pricing = {"pricing": dict(one.pricing)}
        return {name: {"configuration": dict(one.configuration), "costCalculation": pricing}}
    return _details(one, one.option, one.saving.after)


def summary(one: Advice, option: Option | None) -> str:
    """A resource in a line; what is to end has none but the way it ends."""
    if option is None and one.option is None:
        return _plain(one)
    configuration = _configuration(one, option)
    return _words(one.type, configuration)


def _plain(one: Advice) -> str:
    row = one.finding.row
    kind = row.get("type") or row.get("node_type") or one.type
    return str(kind)


def _details(one: Advice, option: Option | None, usd: Decimal) -> dict[str, Any]:
    price = {
        "estimatedCostBeforeDiscounts": float(usd),
        "estimatedDiscounts": {
            "savingsPlansDiscount": 0.0,
            "reservedInstancesDiscount": 0.0,
            "otherDiscount": float(usd - usd * one.saving.charged),
        },
        "estimatedCostAfterDiscounts": float(usd * one.saving.charged),
    }
    told: dict[str, Any] = {"costCalculation": {"usages": [], "pricing": price}}
    configuration = _configuration(one, option)
    if configuration:
        told["configuration"] = configuration
    return {_MEMBERS[one.type]: told}


def _configuration(one: Advice, option: Option | None) -> dict[str, Any]:
    row: Mapping[str, Any] = one.finding.row
    wanted: Mapping[str, Any] = option.configuration if option else {}
    if one.type == "Ec2Instance":
        return {"instance": {"type": wanted.get("type", row.get("type"))}}
    if one.type == "Ec2AutoScalingGroup":
        kind = wanted.get("type", row.get("type"))
        return {"instance": {"type": kind}, "type": "SingleInstanceType"}
    if one.type == "RdsDbInstance":
        return {"instance": {"dbInstanceClass": wanted.get("type", row.get("type"))}}
    if one.type == "EbsVolume":
        return _volume(row, wanted)
    if one.type == STORAGE:
        return {
            "storageType": wanted.get("type", row["storage_type"]),
            "allocatedStorageInGb": float(row["allocated_storage_gib"]),
            "iops": float(wanted.get("iops", row["storage_iops"]) or 0),
            "storageThroughput": float(wanted.get("throughput", row["storage_throughput"]) or 0),
        }
    if one.type == "LambdaFunction":
        memory = wanted.get("memory_mb", row["memory_mb"])
        return {"compute": {"vCpu": round(memory / 1769, 4), "memorySizeInMB": memory,
                            "architecture": row["architecture"]}}  # fmt: skip
    if one.type == "EcsService":
        cpu, memory = services.size_of(row)
        return {"compute": {
            "vCpu": wanted.get("cpu", cpu) / services.UNITS_PER_VCPU,
            "memorySizeInMB": wanted.get("memory", memory),
            "architecture": row["architecture"],
        }}  # fmt: skip
    if one.type == "NatGateway":
        return {"activeConnectionCount": 0, "packetsInFromSource": 0,
                "packetsInFromDestination": 0}  # fmt: skip
    return {}


def _volume(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    iops, mibps = wanted.get("iops", row["iops"]), wanted.get("throughput", row["throughput"])
    return {
        "storage": {"type": wanted.get("type", row["type"]), "sizeInGb": float(row["size_gib"])},
        "performance": {"iops": float(iops or 0), "throughput": float(mibps or 0)},
        "attachmentState": "attached" if row["state"] == "in-use" else "unattached",
    }


def _words(kind: str, configuration: Mapping[str, Any]) -> str:
    if kind in ("Ec2Instance", "Ec2AutoScalingGroup"):
        return str(configuration["instance"]["type"])
    if kind == "RdsDbInstance":
        return str(configuration["instance"]["dbInstanceClass"])
    if kind == "EbsVolume":
        disk, speed = configuration["storage"], configuration["performance"]
        return (f"{disk['sizeInGb']:.0f} GiB {disk['type']}, {speed['iops']:.0f} IOPS,"
                f" {speed['throughput']:.0f} MiB/s")  # fmt: skip
    if kind == STORAGE:
        return f"{configuration['allocatedStorageInGb']:.0f} GiB {configuration['storageType']}"
    size = configuration["compute"]
    if kind == "LambdaFunction":
        return f"{size['memorySizeInMB']} MB memory"
    return f"{size['vCpu']:g} vCPU, {size['memorySizeInMB']} MB memory"
