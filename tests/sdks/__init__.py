"""The official SDKs: their versions as workers to judge, and as clients of the mock engine."""
