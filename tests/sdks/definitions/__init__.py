"""The messages that published SDKs define, compared with the schemas: an alarm for drift.

    python -m tests.sdks.definitions              compare the newest releases on the registries
    python -m tests.sdks.definitions NAME…        write down what releases define: rust-0.25.0

The definitions are stored in this folder, one file for each release, so that tests need no
registry.
"""

from collections.abc import Mapping

Definitions = Mapping[str, list[str]]
"""The fields of each message, by its type."""
