"""Data Lifecycle Manager: policies that take and delete snapshots."""
