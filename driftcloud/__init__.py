"""Driftcloud from Python: servers, worlds to play in, their scores, and an environment to learn in.

with driftcloud.Server() as server, server.episode("janitor", seed=7) as world:
    ec2 = world.client("ec2")
    ...
    world.advance(days=3)
    print(world.score())
"""

from driftcloud.answers import Deed, Difference, Harm, Principal, Resource, Score, Waste
from driftcloud.environment import Environment
from driftcloud.errors import DriftcloudError
from driftcloud.server import Server
from driftcloud.world import World

__all__ = [
    "Deed",
    "Difference",
    "DriftcloudError",
    "Environment",
    "Harm",
    "Principal",
    "Resource",
    "Score",
    "Server",
    "Waste",
    "World",
]
