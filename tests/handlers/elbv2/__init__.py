"""Tests of application, network and gateway load balancers."""
