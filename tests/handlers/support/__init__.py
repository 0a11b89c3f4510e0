"""Tests of AWS Support."""
