"""What published SDKs define as messages, held against the schemas: an alarm for drift.

    python -m tests.sdks.definitions              compare the newest release on the registry
    python -m tests.sdks.definitions VERSION…     write down what these releases define

What was written down is in this folder, a file for each release, so that tests need no registry.
"""
