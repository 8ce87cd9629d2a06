"""What published SDKs define as messages, held against the schemas: an alarm for drift.

    python -m tests.sdks.definitions              compare the newest releases on the registries
    python -m tests.sdks.definitions NAME…        write down what releases define: rust-0.25.0

What was written down is in this folder, a file for each release, so that tests need no registry.
"""

from collections.abc import Mapping

Definitions = Mapping[str, list[str]]
"""The fields of each message, by its type."""
