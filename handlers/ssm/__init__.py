"""Systems Manager: parameters and managed instances."""
