"""Hyperparameter tuning jobs: many trainings in search of the best.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeHyperParameterTuningJob.html.
"""

from typing import Any

from emulator.context import Context
from handlers.sagemaker import jobs
from handlers.sagemaker.jobs import Row

NOUN = "managed_services"


async def list_hyper_parameter_tuning_jobs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Tuning jobs of the region."""
    return await jobs.listed(ctx, params, JOBS)


async def describe_hyper_parameter_tuning_job(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """One tuning job."""
    return await jobs.described(ctx, JOBS, params["HyperParameterTuningJobName"])


async def stop_hyper_parameter_tuning_job(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop a tuning job and the trainings that it runs."""
    return await jobs.stopped(ctx, JOBS, params["HyperParameterTuningJobName"])


def _counters(row: Row) -> dict[str, Any]:
    """How many trainings ended how: all that were allowed, once the job is completed."""
    limits = row["settings"]["HyperParameterTuningJobConfig"]["ResourceLimits"]
    most, together = limits.get("MaxNumberOfTrainingJobs", 1), limits["MaxParallelTrainingJobs"]
    over = row["status"] == "Completed"
    running = min(most, together) if row["status"] == "InProgress" else 0
    stopped = 0 if over or running else min(most, together)
    return {
        "TrainingJobStatusCounters": {
            "Completed": most if over else 0,
            "InProgress": running,
            "RetryableError": 0,
            "NonRetryableError": 0,
            "Stopped": stopped,
        },
        "ObjectiveStatusCounters": {
            "Succeeded": most if over else 0,
            "Pending": running,
            "Failed": 0,
        },
    }


def _summary(row: Row) -> dict[str, Any]:
    config = row["settings"]["HyperParameterTuningJobConfig"]
    found = {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
    return found | _counters(row)


JOBS = jobs.Jobs(
    "hyper-parameter-tuning-job", "HyperParameterTuningJob", "", "HyperParameterTuningEndTime",
    _counters, _summary,
)  # fmt: skip
