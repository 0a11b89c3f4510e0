"""Tests of classic load balancers."""
