"""Amazon Elasticsearch Service: the same domains as OpenSearch's, in the words of its older API."""
