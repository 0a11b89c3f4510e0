"""Amazon OpenSearch Service."""
