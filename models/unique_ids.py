"""Unique ids of IAM: a prefix that tells the kind, and 17 letters."""

import base64

from models import draws


def new(prefix: str) -> str:
    """A fresh id: AIDA… for a user, AROA… for a role, AGPA… for a group, AIPA… for a profile."""
    return prefix + base64.b32encode(draws.octets(15)).decode()[:17]
