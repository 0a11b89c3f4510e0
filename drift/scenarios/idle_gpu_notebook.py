"""An experiment ends on Friday and its GPU notebook runs on, through the weekend and after."""

from drift import rates
from drift.day import Day, Happening
from drift.picking import branch, tag
from drift.scenarios.duplicate_search_cluster import create
from drift.worsening import again

ODDS = 0.03
PATTERN = "sagemaker_always_on"
RESOURCE_TYPE = "managed_service"
REMEDIES = ("sagemaker:StopNotebookInstance", "sagemaker:DeleteEndpoint")
REVEALED_BY = (
    "sagemaker:ListNotebookInstances",
    "sagemaker:DescribeNotebookInstance",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "An endpoint under an A/B test answers little and is needed: tag experiment.",
    "A notebook that is stopped costs its disk alone.",
)

# The disk of a notebook is paid for while it is stopped.
_DISK = rates.literal("region", "notebook_disk")
SYMPTOM = f"""
SELECT arn, hourly_cost * 730 - CASE WHEN service_type LIKE '%notebook'
           THEN storage_gib * {_DISK} ELSE 0 END AS saving
  FROM managed_services
 WHERE account_id = $1 AND service_type LIKE 'sagemaker%' AND env <> 'prod' AND avg_cpu_7d < 10
   AND lower(status) IN ('available', 'inservice') AND $2::timestamptz IS NOT NULL"""


async def happen(day: Day) -> Happening | None:
    """A SageMaker notebook on a GPU machine that nobody talks to."""
    name, developer = branch(day, "idle_gpu_notebook")
    node = day.random("idle_gpu_notebook").choice(
        ("ml.g4dn.xlarge", "ml.g5.xlarge", "ml.p3.2xlarge")
    )
    arn = await create(day, "idle_gpu_notebook", "sagemaker-notebook", f"{developer}-{name}", "dev",
                       node, 1, "gpu_idle")  # fmt: skip
    await tag(day, "managed_service", arn, {"env": "dev", "created_by": developer})
    return Happening(f"{developer}'s {node} notebook is idle", (("managed_service", arn),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next experiment leaves its notebook too."""
    return await again(day, PATTERN, resource_id, happen)
