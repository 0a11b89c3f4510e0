"""The view AWS gives: one package per botocore service name, one module per noun."""
