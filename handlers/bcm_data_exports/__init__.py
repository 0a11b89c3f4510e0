"""AWS Data Exports: tables of billing data, written to buckets."""
