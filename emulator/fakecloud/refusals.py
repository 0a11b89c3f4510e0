"""Refusals of the single gateway: a code, what was wrong, and what is allowed."""

from collections.abc import Iterable
from typing import Any


class Refusal(Exception):
    """A request that is not served; `allowed` tells what would be."""

    def __init__(
        self, status: int, code: str, message: str, allowed: Iterable[str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.allowed = None if allowed is None else list(allowed)

    def body(self, request_id: str) -> dict[str, Any]:
        """The refusal as it is answered."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.allowed is not None:
            error["allowed"] = self.allowed
        return {"ok": False, "error": error, "request_id": request_id}


def invalid(code: str, message: str, allowed: Iterable[str] | None = None) -> Refusal:
    """Bad input."""
    return Refusal(400, code, message, allowed)
