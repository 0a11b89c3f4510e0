"""Tests of dlm."""
