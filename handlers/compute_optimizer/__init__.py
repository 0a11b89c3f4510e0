"""Compute Optimizer: what machines, disks, functions, services and databases could be instead."""
