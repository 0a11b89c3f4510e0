"""Tests of the handlers, through boto3."""
