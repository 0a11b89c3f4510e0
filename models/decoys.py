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
_FAILOVER_TESTS = Decoy("failover_tests", {"workload": "failover-tests"})
_FOLLOW_THE_SUN = Decoy("follow_the_sun", {"tz": "Asia/Singapore", "schedule": "always"})
_LOAD_TEST = Decoy("load_test", {"workload": "load-test"})
_TRAINING = Decoy("scheduled_training", {"workload": "training", "window": "sat-22:00-06:00"})

# By pattern; an estate and the drift draw from the same.
DECOYS: Mapping[str, tuple[Decoy, ...]] = {
    "asg_low_util": (_LOAD_TEST,),
    "asg_min_high": (Decoy("pre_scaled", {"event": "black-friday", "freeze": "2026-12-01"}),),
    "asg_pinned": (Decoy("warm_capacity", {"scaling": "manual", "event": "product-launch"}),),
    "asg_preview_stack": (Decoy("open_pull_request", {"pr_state": "open"}),),
    "cache_ha_dev": (_FAILOVER_TESTS,),
    "cache_idle": (_STANDBY,),
    "cache_oversized": (Decoy("session_store", {"workload": "sessions"}),),
    "capacity_unused": (_STANDBY,),
    "cluster_abandoned": (Decoy("blue_green", {"role": "standby", "deployment": "blue-green"}),),
    "commit_expiring": (Decoy("workload_retires", {"retire_on": "2026-07-31"}),),
    "commit_underused": (Decoy("migration", {"migration": "wave-2"}),),
    "cost_anomaly": (Decoy("campaign", {"campaign": "summer-sale", "approved": "finance"}),),
    "cost_anomaly_group": (Decoy("pre_scaled", {"event": "black-friday", "approved": "finance"}),),
    "cost_anomaly_logs": (_LOAD_TEST,),
    "ebs_gp2": (Decoy("certified", {"certified": "gp2-only"}),),
    "ebs_on_stopped": (_LEGAL_HOLD,),
    "ebs_piops": (Decoy("latency", {"tier": "db"}),),
    "ebs_stale": (Decoy("quarterly", {"workload": "quarterly"}),),
    "ebs_unattached": (
        Decoy("do_not_delete", {"DoNotDelete": "true"}),
        Decoy("claim", {"kubernetes.io/created-for/pvc/name": "data-postgres-0"}),
    ),
    "ec2_gpu_idle": (_TRAINING,),
    "ec2_graviton": (Decoy("x86_only", {"arch_lock": "x86_64"}),),
    "ec2_idle": (_STANDBY,),
    "ec2_oversized": (Decoy("burst_peak", {"workload": "month-end"}),),
    "ec2_preview_forgotten": (Decoy("demo", {"demo": "true", "expires": "2026-09-30"}),),
    "ec2_prev_gen": (
        Decoy("image_lock", {"image_lock": "no-ena"}),
        Decoy("license", {"license": "per-core"}),
    ),
    "ec2_stopped_ebs": (_LEGAL_HOLD,),
    "eip_on_stopped": (Decoy("scheduled_stop", {"schedule": "office-hours"}),),
    "eip_unassociated": (Decoy("allow_listed", {"allowlisted": "partner-bank"}),),
    "gpu_node_unused": (_TRAINING,),
    "lambda_dead": (Decoy("monthly_job", {"schedule": "monthly"}), _STANDBY),
    "lambda_mem": (Decoy("cpu_bound", {"workload": "cpu-bound"}),),
    "lambda_pc_unused": (Decoy("latency_promise", {"slo": "p99-200ms"}),),
    "lambda_timeout": (Decoy("long_batch", {"workload": "long-batch"}),),
    "lb_consolidate": (Decoy("own_certificate", {"isolation": "pci", "certificate": "own"}),),
    "lb_idle": (Decoy("failover", {"role": "failover", "dns": "route53-failover"}),),
    "logs_infinite": (Decoy("compliance", {"compliance": "audit-7y"}),),
    "logs_retention_long": (Decoy("compliance", {"compliance": "audit-1y"}),),
    "logs_verbose": (Decoy("debug_window", {"debug_until": "2026-12-31"}),),
    "managed_duplicate": (Decoy("tenancy", {"tenant": "isolated"}),),
    "managed_ha_dev": (Decoy("allocation_test", {"test": "shard-allocation"}),),
    "managed_oversized": (Decoy("storage_bound", {"workload": "storage-bound"}),),
    "msk_overprovisioned": (Decoy("partition_limit", {"partitions": "4000-per-broker"}),),
    "nat_idle": (_STANDBY,),
    "nonprod_24x7": (_FOLLOW_THE_SUN,),
    "nonprod_24x7_database": (_FOLLOW_THE_SUN,),
    "node_orphan": (Decoy("maintenance", {"maintenance": "drained"}), _LEGAL_HOLD),
    "nodes_underutilised": (
        Decoy("spread", {"placement": "one-per-zone", "pdb": "min-available"}),
    ),
    "nonprod_too_large": (_LOAD_TEST, Decoy("prod_data_copy", {"workload": "prod-data-copy"})),
    "rds_ha_nonprod": (_FAILOVER_TESTS,),
    "rds_idle": (_MONTH_END,),
    "rds_oversized": (Decoy("memory_bound", {"workload": "memory-bound"}),),
    "rds_stopped": (Decoy("holiday", {"schedule": "holiday"}),),
    "rds_storage_over": (Decoy("iops_of_size", {"storage": "for-iops"}),),
    "s3_cold_standard": (Decoy("quarterly_audit", {"workload": "quarterly-audit"}),),
    "s3_dead_bucket": (Decoy("archive", {"data-class": "archive", "retention": "7y"}),),
    "s3_no_lifecycle": (Decoy("small_objects", {"data-class": "hot", "object-size": "small"}),),
    "sagemaker_always_on": (Decoy("ab_test", {"experiment": "ab-test"}),),
    "snap_duplicate": (Decoy("recovery_point", {"rpo": "1h"}),),
    "snap_expired": (_LEGAL_HOLD,),
    "snap_orphan": (Decoy("last_backup", {"retention": "7y", "legal_hold": "true"}),),
    "stream_idle": (Decoy("replay_target", {"role": "replay", "dr": "true"}),),
    "stream_retention": (Decoy("weekend_replay", {"replay": "weekend"}),),
    "svc_cpu_overrequest": (Decoy("start_burst", {"runtime": "jvm", "slo": "p99-200ms"}),),
    "svc_mem_overrequest": (Decoy("in_memory_cache", {"workload": "in-memory-cache"}),),
    "svc_replicas": (Decoy("quorum", {"workload": "leader-election", "quorum": "3"}),),
    "untagged": (Decoy("other_spelling", {"Owner": "platform", "Team": "platform"}),),
    "stream_overprovisioned": (Decoy("nightly_burst", {"workload": "nightly-burst"}),),
    "xfer_cross_az": (Decoy("high_availability", {"ha": "multi-az", "quorum": "true"}),),
    "xfer_cross_region": (Decoy("disaster_recovery", {"dr": "true", "recovery-point": "15m"}),),
    "xfer_egress": (Decoy("product", {"public": "intended", "product": "downloads"}),),
}
