"""What data scientists leave behind: jobs, a studio, features, and what watches an endpoint."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from models import costs
from models.estates.chance import Chance
from models.estates.company import Owner
from models.estates.estate import Estate, Row

_IMAGE = "763104351884.dkr.ecr.{region}.amazonaws.com/pytorch-training:2.3.0-gpu-py311"
# kind, how many of them, machine, machines, GiB of each one's volume, hours from … to
_JOBS = (
    ("training-job", 8, "ml.g4dn.xlarge", 1, 50, 1.0, 6.0),
    ("processing-job", 6, "ml.m5.xlarge", 2, 30, 0.2, 1.5),
    ("transform-job", 4, "ml.m5.xlarge", 1, 0, 0.3, 2.0),
    ("compilation-job", 1, "ml.m5.xlarge", 0, 0, 0.1, 0.3),
    ("hyper-parameter-tuning-job", 2, "ml.m5.2xlarge", 2, 50, 1.0, 5.0),
    ("automl-job", 1, "ml.m5.4xlarge", 1, 50, 3.0, 6.0),
)
_WORDS = {
    "training-job": "train", "processing-job": "prepare", "transform-job": "score",
    "compilation-job": "compile", "hyper-parameter-tuning-job": "tune", "automl-job": "explore",
}  # fmt: skip


def create(estate: Estate, machines: list[tuple[Row, Owner]]) -> None:
    """Around the first notebook its team's jobs and studio, around each endpoint its monitors."""
    kinds = set()
    for machine, owner in machines:
        kind = machine["service_type"]
        if kind == "sagemaker-notebook" and kind not in kinds:
            _jobs(estate, machine, owner)
            _studio(estate, machine, owner)
            _features(estate, machine, owner)
        elif kind == "sagemaker-endpoint":
            _monitors(estate, machine, owner)
        kinds.add(kind)


def _add(
    estate: Estate, own: Chance, machine: Row, owner: Owner, kind: str, name: str,
    settings: dict[str, Any], *, path: str = "", **columns: Any,
) -> None:  # fmt: skip
    """One resource with its tags, in the place and environment of a machine."""
    region, env = machine["region"], machine["env"]
    arn = estate.arn("sagemaker", region, f"{kind}/{(path or name).lower()}")
    tags = estate.tags(own, owner, env, "", bare=False)
    born = columns.pop("created_at", machine["created_at"])
    row = {
        "id": own.key(),
        "account_id": estate.account_id,
        "kind": kind,
        "name": name,
        "arn": arn,
        "parent": None,
        "region": region,
        "env": env,
        "status": "InService",
        "settings": settings,
        "hourly_cost": Decimal(0),
        "started_at": None,
        "ended_at": None,
        "modified_at": born,
        "tags": tags,
        "created_at": born,
    }
    if columns.keys() - row.keys():
        raise ValueError(f"no columns of sagemaker_resources: {columns.keys() - row.keys()}")
    estate.add("sagemaker_resources", row | columns)
    estate.tag("sagemaker_resource", arn, tags, born)


def _jobs(estate: Estate, machine: Row, owner: Owner) -> None:
    region = machine["region"]
    for kind, count, node, nodes, disk, shortest, longest in _JOBS:
        for at in range(count):
            own = estate.chance("sagemaker_job", kind, at)
            days = (estate.end - estate.start) / count
            # the rare and dear ones have days of their own: no bill jumps because all came at once
            apart = days / 3 if count <= 2 else timedelta(0)
            born = estate.start + days * at + apart + timedelta(hours=own.between(0, 12))
            hours = own.between(shortest, longest)
            # an AutoML job's name has 32 letters at most
            name = f"{owner.service[:12]}-{_WORDS[kind]}-{born:%Y%m%d}-{at + 1:02d}"
            status = "Failed" if kind == "training-job" and at == 2 else "Completed"
            settings = _asked(estate, kind, node, nodes, disk, region, owner)
            if status == "Failed":
                settings["FailureReason"] = "AlgorithmError: ExecuteUserScriptError: exit code: 1"
            started = born + timedelta(minutes=2)
            _add(
                estate, own, machine, owner, kind, name, settings,
                status=status.upper() if kind == "compilation-job" else status,
                hourly_cost=costs.machines_hourly([(node, nodes, disk)], region),
                created_at=born, started_at=started,
                ended_at=started + timedelta(seconds=round(hours * 3600)),
            )  # fmt: skip


def _asked(
    estate: Estate, kind: str, node: str, nodes: int, disk: int, region: str, owner: Owner
) -> dict[str, Any]:
    """What a job was made with."""
    number = estate.number
    role = f"arn:aws:iam::{number}:role/sagemaker-execution"
    bucket = f"s3://sagemaker-{region}-{number}/{owner.service}"
    image = _IMAGE.format(region=region)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{bucket}/input"}}
    machines = {"InstanceType": node, "InstanceCount": nodes, "VolumeSizeInGB": disk}
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 86400}}
    if kind == "training-job":
        return {"RoleArn": role, "ResourceConfig": machines, **limit, **_training(bucket, image)}
    if kind == "processing-job":
        return {
            "RoleArn": role, **limit, "AppSpecification": {"ImageUri": image},
            "ProcessingResources": {"ClusterConfig": machines},
            "NetworkConfig": {"EnableInterContainerTrafficEncryption": False,
                              "EnableNetworkIsolation": False},
        }  # fmt: skip
    if kind == "transform-job":
        return {
            "ModelName": f"{owner.service}-model",
            "TransformInput": {"DataSource": source, "ContentType": "text/csv",
                               "CompressionType": "None", "SplitType": "Line"},
            "TransformOutput": {"S3OutputPath": f"{bucket}/scores", "AssembleWith": "Line",
                                "KmsKeyId": ""},
            "TransformResources": {"InstanceType": node, "InstanceCount": nodes},
        }  # fmt: skip
    if kind == "compilation-job":
        return {
            "RoleArn": role, **limit,
            "InputConfig": {"S3Uri": f"{bucket}/model.tar.gz", "Framework": "PYTORCH",
                            "DataInputConfig": '{"input0": [1, 3, 224, 224]}'},
            "OutputConfig": {"S3OutputLocation": f"{bucket}/compiled", "TargetDevice": "ml_m5"},
            "ModelArtifacts": {"S3ModelArtifacts": f"{bucket}/model.tar.gz"},
            "FailureReason": "",
        }  # fmt: skip
    if kind == "hyper-parameter-tuning-job":
        return {
            "HyperParameterTuningJobConfig": {
                "Strategy": "Bayesian",
                "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": nodes},
            },
            "TrainingJobDefinition": {
                "RoleArn": role, "ResourceConfig": machines, **limit,
                "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
                "OutputDataConfig": {"S3OutputPath": f"{bucket}/tuned", "KmsKeyId": ""},
            },
        }  # fmt: skip
    return {
        "RoleArn": role,
        "AutoMLJobInputDataConfig": [{"ChannelType": "training", "CompressionType": "None",
                                      "ContentType": "text/csv;header=present",
                                      "DataSource": source}],
        "OutputDataConfig": {"S3OutputPath": f"{bucket}/automl"},
        "AutoMLJobObjective": {"MetricName": "F1"},
        "AutoMLProblemTypeConfigName": "Tabular",
        "AutoMLProblemTypeConfig": {"TabularJobConfig": {
            "TargetAttributeName": "label", "Mode": "ENSEMBLING",
            "CompletionCriteria": {"MaxCandidates": 10}}},
    }  # fmt: skip


def _training(bucket: str, image: str) -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "HyperParameters": {"epochs": "20", "learning-rate": "0.001"},
        "InputDataConfig": [
            {
                "ChannelName": "training",
                "CompressionType": "None",
                "RecordWrapperType": "None",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": f"{bucket}/train",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
        ],
        "OutputDataConfig": {"S3OutputPath": f"{bucket}/models", "KmsKeyId": ""},
    }


def _studio(estate: Estate, machine: Row, owner: Owner) -> None:
    """A domain, two people in it, and the space that one of them works in."""
    own = estate.chance("sagemaker_domain")
    domain = f"d-{own.digits(12)}"
    network = estate.networks.get((machine["region"], machine["env"]))
    places = network.private if network else []
    _add(
        estate, own, machine, owner, "domain", domain,
        {
            "DomainName": f"{owner.team}-studio",
            "AuthMode": "IAM",
            "AppNetworkAccessType": "PublicInternetOnly",
            "HomeEfsFileSystemId": own.resource_id("fs"),
            "DefaultUserSettings": {
                "ExecutionRole": f"arn:aws:iam::{estate.number}:role/sagemaker-execution",
                "StudioWebPortal": "ENABLED",
            },
            **({"VpcId": network.vpc_id, "SubnetIds": [one.subnet_id for one in places[:2]]}
               if network and places else {}),
        },
    )  # fmt: skip
    for at, person in enumerate((owner.email.partition("@")[0], "analyst")):
        user = person.replace(".", "-")
        _add(
            estate, estate.chance("sagemaker_profile", at), machine, owner, "user-profile", user,
            {"UserSettings": {"StudioWebPortal": "ENABLED"}}, path=f"{domain}/{user}",
            parent=domain,
        )  # fmt: skip
        if at == 0:
            _add(
                estate, estate.chance("sagemaker_space"), machine, owner, "space", f"{user}-space",
                {
                    "SpaceSettings": {
                        "AppType": "JupyterLab",
                        "SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 50}},
                    },
                    "OwnershipSettings": {"OwnerUserProfileName": user},
                    "SpaceSharingSettings": {"SharingType": "Private"},
                },
                path=f"{domain}/{user}-space", parent=domain,
            )  # fmt: skip


def _features(estate: Estate, machine: Row, owner: Owner) -> None:
    own = estate.chance("sagemaker_features")
    names = (("record_id", "String"), ("event_time", "String"), ("score", "Fractional"))
    _add(
        estate, own, machine, owner, "feature-group", f"{owner.service}-features",
        {
            "RecordIdentifierFeatureName": "record_id",
            "EventTimeFeatureName": "event_time",
            "FeatureDefinitions": [
                {"FeatureName": name, "FeatureType": kind} for name, kind in names
            ],
            "OnlineStoreConfig": {"EnableOnlineStore": True},
            "OfflineStoreConfig": {"S3StorageConfig": {
                "S3Uri": f"s3://sagemaker-{machine['region']}-{estate.number}/features"}},
            "RoleArn": f"arn:aws:iam::{estate.number}:role/sagemaker-execution",
        },
        status="Created",
    )  # fmt: skip


def _monitors(estate: Estate, machine: Row, owner: Owner) -> None:
    """The four kinds of monitoring that an endpoint can have, on one endpoint in production."""
    for word, member in (
        ("data-quality", "DataQuality"),
        ("model-bias", "ModelBias"),
        ("model-explainability", "ModelExplainability"),
        ("model-quality", "ModelQuality"),
    ):
        own = estate.chance("sagemaker_monitor", machine["name"], word)
        region, bucket = machine["region"], f"s3://sagemaker-{machine['region']}-{estate.number}"
        app: dict[str, Any] = {"ImageUri": _IMAGE.format(region=region)}
        if member in ("ModelBias", "ModelExplainability"):
            app["ConfigUri"] = f"{bucket}/monitor/config.json"
        asked: dict[str, Any] = {
            "EndpointInput": {
                "EndpointName": machine["name"],
                "LocalPath": "/opt/ml/processing/input",
                "S3InputMode": "File",
                "S3DataDistributionType": "FullyReplicated",
            }
        }
        if member in ("ModelBias", "ModelQuality"):
            asked["GroundTruthS3Input"] = {"S3Uri": f"{bucket}/truth"}
        output = {"S3Output": {"S3Uri": f"{bucket}/monitor", "S3UploadMode": "EndOfJob",
                               "LocalPath": "/opt/ml/processing/output"}}  # fmt: skip
        _add(
            estate, own, machine, owner, f"{word}-job-definition", f"{machine['name']}-{word}",
            {
                f"{member}AppSpecification": app,
                f"{member}JobInput": asked,
                f"{member}JobOutputConfig": {"MonitoringOutputs": [output]},
                "JobResources": {"ClusterConfig": {
                    "InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}},
                "RoleArn": f"arn:aws:iam::{estate.number}:role/sagemaker-execution",
                "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            },
            parent=machine["name"],
        )  # fmt: skip
