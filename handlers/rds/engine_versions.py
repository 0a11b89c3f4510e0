"""Engine versions, and the classes and storage that each can be ordered with.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBEngineVersions.html
and API_DescribeOrderableDBInstanceOptions.html.
"""

from collections.abc import Iterator
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.rds import lists
from handlers.rds.rds_instances import engine_of
from models import rds_engines, regions
from models.rds_engines import Engine

NOUN = "rds_instances"

VERSION_FILTERS = ("db-parameter-group-family", "engine", "engine-mode", "engine-version", "status")


async def describe_db_engine_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The versions of each engine, oldest first."""
    page = lists.page(ctx, params)
    wanted = lists.wanted(VERSION_FILTERS, params.get("Filters"))
    only = params.get("Engine")
    found = []
    for engine in rds_engines.ENGINES.values():
        if only and engine.name != only.lower():
            continue
        versions = list(engine.versions)
        asked = params.get("EngineVersion")
        if asked:
            versions = [one for one in versions if asked in (one, engine.major(one))]
        if params.get("DefaultOnly"):
            default = engine.default_version
            versions = [default] if default in versions else versions[-1:]
        found += [_version(engine, one, params) for one in versions]
    family = params.get("DBParameterGroupFamily")
    shown = [
        one
        for one in found
        if (not family or one["DBParameterGroupFamily"] == family) and _meets(one, wanted)
    ]
    keys = {id(one): f"{at:05d}" for at, one in enumerate(shown)}
    part, marker = page.cut_items(shown, lambda one: keys[id(one)])
    return {"DBEngineVersions": part, "Marker": marker}


async def describe_orderable_db_instance_options(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Every combination of version, class and storage type of an engine."""
    page = lists.page(ctx, params)
    lists.wanted((), params.get("Filters"))
    engine = engine_of(params["Engine"])
    zones = [one.name for one in regions.zones(ctx.region, ctx.principal.account_number)]
    first = int(page.after or 0)
    limit = page.limit or lists.USUAL
    shown: list[dict[str, Any]] = []
    for at, (version, instance_class, kind) in enumerate(_combinations(engine, params)):
        if at < first:
            continue
        if len(shown) == limit:
            return {
                "OrderableDBInstanceOptions": shown,
                "Marker": page.token(str(at)),
            }
        shown.append(_option(engine, version, instance_class, kind, zones))
    return {"OrderableDBInstanceOptions": shown}


def _combinations(engine: Engine, params: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Version, class and storage type, as far as the request leaves them open."""
    model = params.get("LicenseModel")
    if model and model != engine.license_model:
        return
    asked, only = params.get("EngineVersion"), params.get("DBInstanceClass")
    kinds = [kind for kind in engine.storage_types if kind != "standard"]
    for version in engine.versions:
        if asked and asked not in (version, engine.major(version)):
            continue
        for instance_class in sorted(rds_engines.classes(engine.name)):
            if only not in (None, instance_class):
                continue
            for kind in kinds:
                yield version, instance_class, kind


def _meets(version: dict[str, Any], wanted: dict[str, list[str]]) -> bool:
    told = {
        "db-parameter-group-family": version["DBParameterGroupFamily"],
        "engine": version["Engine"],
        "engine-mode": "provisioned",
        "engine-version": version["EngineVersion"],
        "status": version["Status"],
    }
    return all(told[name] in values for name, values in wanted.items())


def _version(engine: Engine, version: str, params: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Engine": engine.name,
        "MajorEngineVersion": engine.major(version),
        "EngineVersion": version,
        "DBParameterGroupFamily": engine.family(version),
        "DBEngineDescription": engine.description,
        "DBEngineVersionDescription": f"{engine.description} {version}",
        "ValidUpgradeTarget": [
            {
                "Engine": engine.name,
                "EngineVersion": target,
                "Description": f"{engine.description} {target}",
                "AutoUpgrade": False,
                "IsMajorVersionUpgrade": major,
            }
            for target, major in engine.upgrades(version)
        ],
        "ExportableLogTypes": list(engine.log_types),
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": not engine.is_aurora,
        "SupportedFeatureNames": [],
        "Status": "available",
        "SupportsParallelQuery": False,
        "SupportsGlobalDatabases": engine.is_aurora,
        "SupportsBabelfish": False,
        "SupportsCertificateRotationWithoutRestart": True,
        "SupportedCACertificateIdentifiers": [
            "rds-ca-ecc384-g1",
            "rds-ca-rsa2048-g1",
            "rds-ca-rsa4096-g1",
        ],
        "TagList": [],
    }
    if engine.is_aurora:
        shown["SupportedEngineModes"] = ["provisioned"]
    return shown


def _option(
    engine: Engine, version: str, instance_class: str, kind: str, zones: list[str]
) -> dict[str, Any]:
    fast = kind in ("io1", "io2", "gp3")
    shown: dict[str, Any] = {
        "Engine": engine.name,
        "EngineVersion": version,
        "DBInstanceClass": instance_class,
        "LicenseModel": engine.license_model,
        "AvailabilityZones": [{"Name": zone} for zone in zones],
        "MultiAZCapable": not engine.is_aurora,
        "ReadReplicaCapable": not engine.is_aurora,
        "Vpc": True,
        "SupportsStorageEncryption": True,
        "StorageType": kind,
        "SupportsIops": fast,
        "SupportsStorageThroughput": kind == "gp3",
        "SupportsEnhancedMonitoring": True,
        "SupportsIAMDatabaseAuthentication": not engine.name.startswith(("oracle", "sqlserver")),
        "SupportsPerformanceInsights": not instance_class.endswith((".micro", ".small")),
        "AvailableProcessorFeatures": [],
        "SupportedEngineModes": ["provisioned"],
        "SupportsStorageAutoscaling": not engine.is_aurora,
        "SupportsKerberosAuthentication": False,
        "OutpostCapable": False,
        "SupportedActivityStreamModes": [],
        "SupportsGlobalDatabases": engine.is_aurora,
        "SupportedNetworkTypes": ["IPV4"],
        "SupportsClusters": engine.is_aurora,
        "SupportsDedicatedLogVolume": False,
        "SupportsHttpEndpoint": engine.is_aurora,
    }
    if not engine.is_aurora:
        shown["MinStorageSize"] = rds_engines.least_storage_gib(kind)
        shown["MaxStorageSize"] = engine.most_storage_gib
    if kind in ("io1", "io2"):
        shown |= {"MinIopsPerDbInstance": 1000, "MaxIopsPerDbInstance": 256_000}
        shown |= {"MinIopsPerGib": 0.5, "MaxIopsPerGib": 50.0}
    if kind == "gp3":
        shown |= {"MinIopsPerDbInstance": 3000, "MaxIopsPerDbInstance": 64_000}
        shown |= {"MinStorageThroughputPerDbInstance": 125}
        shown |= {"MaxStorageThroughputPerDbInstance": 4000}
    return shown


def unknown_family(family: str) -> AwsError:
    """The error for a parameter group family that no engine has."""
    return AwsError("InvalidParameterValue", f"ParameterGroupFamily {family} is not valid")
