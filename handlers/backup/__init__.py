"""AWS Backup: plans, vaults and recovery points."""
