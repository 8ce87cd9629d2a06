"""The database in which runs keep inputs for later runs, alone or shared."""

from __future__ import annotations

from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase, MultiplexedDatabase

from conformance.errors import UsageError
from conformance.settings.fuzzing import Fuzzing

FOLDER = ".inputs"
"""The folder within the corpus: a Hypothesis database, which is not for readers."""


def opened(options: Fuzzing) -> ExampleDatabase | None:
    """The example database that the user asks for: a folder of the corpus, Redis, or both.

    Raises:
        UsageError: Redis cannot be used.
    """
    found: list[ExampleDatabase] = []
    if options.corpus is not None:
        found.append(DirectoryBasedExampleDatabase(options.corpus / FOLDER))
    if options.database is not None:
        found.append(_redis(options.database))
    if len(found) > 1:
        return MultiplexedDatabase(*found)
    return found[0] if found else None


def _redis(address: str) -> ExampleDatabase:
    try:
        import redis
        from hypothesis.extra.redis import RedisExampleDatabase
    except ModuleNotFoundError:
        raise UsageError(
            "--fuzz-database takes the client of Redis: pip install 'iii-conformance[redis]'"
        ) from None
    try:
        client = redis.Redis.from_url(address, socket_connect_timeout=5)
        client.ping()
    except (redis.RedisError, ValueError) as fault:
        raise UsageError(
            f"--fuzz-database: {address} cannot be used: {fault}; start a Redis server there"
        ) from None
    return RedisExampleDatabase(client)
