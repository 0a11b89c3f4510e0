"""Training jobs: models in the making.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html.
"""

from typing import Any

from emulator.context import Context
from handlers.sagemaker import jobs
from handlers.sagemaker.jobs import Row

NOUN = "managed_services"


async def list_training_jobs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Training jobs of the region."""
    return await jobs.listed(ctx, params, JOBS)


async def describe_training_job(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One training job."""
    return await jobs.described(ctx, JOBS, params["TrainingJobName"])


async def stop_training_job(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop a training job: what it has used until now is billed."""
    return await jobs.stopped(ctx, JOBS, params["TrainingJobName"])


def _more(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"SecondaryStatus": _secondary(row["status"])}
    if row["started_at"] and row["ended_at"]:
        seconds = int((row["ended_at"] - row["started_at"]).total_seconds())
        found |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
    if row["status"] == "Completed":
        output = row["settings"].get("OutputDataConfig", {}).get("S3OutputPath", "").rstrip("/")
        artifacts = f"{output}/{row['name']}/output/model.tar.gz"
        found["ModelArtifacts"] = {"S3ModelArtifacts": artifacts}
    return found


def _secondary(status: str) -> str:
    return "Training" if status == "InProgress" else status


JOBS = jobs.Jobs(
    "training-job", "TrainingJob", "TrainingStartTime", "TrainingEndTime", _more,
    lambda row: {"SecondaryStatus": _secondary(row["status"])},
)  # fmt: skip
