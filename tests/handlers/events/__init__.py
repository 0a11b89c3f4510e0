"""Tests of EventBridge."""
