"""Unique ids of IAM: a prefix that tells the kind, and 17 letters."""

import base64
import secrets


def new(prefix: str) -> str:
    """A fresh id: AIDA… for a user, AROA… for a role, AGPA… for a group, AIPA… for a profile."""
    return prefix + base64.b32encode(secrets.token_bytes(15)).decode()[:17]
