"""Tests of SageMaker."""
