"""Elastic Load Balancing version 1: classic load balancers."""
