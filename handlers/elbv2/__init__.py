"""Elastic Load Balancing version 2: application, network and gateway load balancers."""
