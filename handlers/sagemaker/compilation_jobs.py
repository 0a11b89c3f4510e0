"""Compilation jobs: models made ready for a device.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeCompilationJob.html.
"""

from typing import Any

from emulator.context import Context
from handlers.sagemaker import jobs
from handlers.sagemaker.jobs import Row

NOUN = "managed_services"


async def list_compilation_jobs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Compilation jobs of the region."""
    return await jobs.listed(ctx, params, JOBS)


async def describe_compilation_job(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One compilation job."""
    return await jobs.described(ctx, JOBS, params["CompilationJobName"])


async def stop_compilation_job(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop a compilation job."""
    return await jobs.stopped(ctx, JOBS, params["CompilationJobName"])


def _summary(row: Row) -> dict[str, Any]:
    return {"CompilationTargetDevice": row["settings"]["OutputConfig"].get("TargetDevice")}


JOBS = jobs.Jobs(
    "compilation-job", "CompilationJob", "CompilationStartTime", "CompilationEndTime",
    summary=_summary,
)  # fmt: skip
