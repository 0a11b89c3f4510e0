"""Estates: whole accounts with months of past behind them, alike for the same seed."""

from models.estates.creating import DEFAULT_END, Created, EstateError, Progress, create, generate
from models.estates.plans import NAMED, AccountPlan, Plan, named, of_size, on_account

__all__ = [
    "DEFAULT_END",
    "NAMED",
    "AccountPlan",
    "Created",
    "EstateError",
    "Plan",
    "Progress",
    "create",
    "generate",
    "named",
    "of_size",
    "on_account",
]
