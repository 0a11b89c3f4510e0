"""What tests of Cost Explorer share."""

from tests.handlers.ce.bills import bill

__all__ = ["bill"]
