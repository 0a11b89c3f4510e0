"""Tests of ECS."""
