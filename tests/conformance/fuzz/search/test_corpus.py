"""The corpus: what another process has added is reported once."""

from __future__ import annotations

import json

from hypothesis.database import InMemoryExampleDatabase

from conformance.fuzz.search.corpus import Corpus
from conformance.fuzz.target import Case


def test_a_corpus_tells_others_what_is_new() -> None:
    database = InMemoryExampleDatabase()
    mine, other = Corpus(database), Corpus(database)

    mine.keep("f", Case("f", json.dumps({"a": [1]}).encode(), None))
    mine.keep("f", Case("f", b"1e400", None, deliverable=False))

    assert list(mine.news()) == []
    assert list(other.news()) == [("f", {"a": [1]})]
    assert list(other.news()) == []
