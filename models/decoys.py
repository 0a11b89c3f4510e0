"""Decoys: why what looks like waste is innocent, and the tags that say so to a careful eye."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decoy:
    """One reason to leave a resource alone, in a word, and the tags by which it is recognised."""

    reason: str
    tags: Mapping[str, str]


_LEGAL_HOLD = Decoy("legal_hold", {"legal_hold": "true"})
_STANDBY = Decoy("standby", {"role": "standby", "dr": "true"})
_MONTH_END = Decoy("month_end", {"role": "standby", "workload": "month-end"})

# By pattern; an estate and the drift draw from the same.
DECOYS: Mapping[str, tuple[Decoy, ...]] = {
    "asg_preview_stack": (Decoy("open_pull_request", {"pr_state": "open"}),),
    "cache_oversized": (Decoy("session_store", {"workload": "sessions"}),),
    "ebs_unattached": (Decoy("do_not_delete", {"DoNotDelete": "true"}),),
    "ec2_idle": (_STANDBY,),
    "ec2_oversized": (Decoy("burst_peak", {"workload": "month-end"}),),
    "ec2_preview_forgotten": (Decoy("demo", {"demo": "true", "expires": "2026-09-30"}),),
    "ec2_stopped": (_LEGAL_HOLD,),
    "eip_unassociated": (Decoy("allow_listed", {"allowlisted": "partner-bank"}),),
    "lambda_mem": (Decoy("cpu_bound", {"workload": "cpu-bound"}),),
    "lambda_pc_unused": (Decoy("latency_promise", {"slo": "p99-200ms"}),),
    "lb_idle": (Decoy("failover", {"role": "failover", "dns": "route53-failover"}),),
    "logs_infinite": (Decoy("compliance", {"compliance": "audit-7y"}),),
    "nonprod_24x7": (Decoy("follow_the_sun", {"tz": "Asia/Singapore", "schedule": "always"}),),
    "rds_idle": (_MONTH_END,),
    "rds_oversized": (Decoy("memory_bound", {"workload": "memory-bound"}),),
    "s3_no_lifecycle": (Decoy("small_objects", {"data-class": "hot", "object-size": "small"}),),
    "snap_expired": (_LEGAL_HOLD,),
    "snap_orphan": (Decoy("last_backup", {"retention": "7y", "legal_hold": "true"}),),
    "stream_overprovisioned": (Decoy("nightly_burst", {"workload": "nightly-burst"}),),
}
