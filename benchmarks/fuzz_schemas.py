"""Which share of schemas valid values are made for, and how fast: ours and hypothesis-jsonschema.

    pip install hypothesis-jsonschema
    python -m benchmarks.fuzz_schemas [FILE…]

A file is a JSON array of {"name", "schema"}; without one, the collections of the tests. Every
value is held against its schema by the library jsonschema.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from jsonschema.validators import Draft202012Validator, validator_for

from conformance.fuzz.values.entropy import RandomEntropy
from conformance.fuzz.values.generator import Generator

VALUES = 10
COLLECTION = Path(__file__).parent.parent / "tests" / "conformance" / "fuzz" / "collection"


def ours(schema: Any) -> list[Any]:
    """Values of ``conformance.fuzz``."""
    generator, choices = Generator(schema), RandomEntropy(random.Random(1))
    return [generator.value(choices) for _ in range(VALUES)]


def theirs(schema: Any) -> list[Any]:
    """Values of hypothesis-jsonschema."""
    from hypothesis_jsonschema import from_schema

    values: list[Any] = []
    drawing = settings(
        max_examples=VALUES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    def keep(value: Any) -> None:
        values.append(value)

    decorate: Any = given(from_schema(schema))
    drawing(decorate(keep))()
    return values


def measure(make: Callable[[Any], list[Any]], schemas: Sequence[Any]) -> tuple[int, int, int]:
    """How many schemas have values, how many values there are, and how many are invalid."""
    supported = made = wrong = 0
    for one in schemas:
        schema = one["schema"]
        try:
            values = make(schema)
        except Exception:  # noqa: BLE001 - whatever it is, this schema is not supported
            continue
        validator = validator_for(schema, default=Draft202012Validator)(schema)
        supported += bool(values)
        made += len(values)
        wrong += sum(not validator.is_valid(value) for value in values)
    return supported, made, wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure both sides on each file, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_schemas", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", nargs="*", type=Path, default=sorted(COLLECTION.glob("*.json")))
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    print(f"{'collection':<32}{'side':<22}{'supported':>16}{'invalid':>9}{'values/s':>10}")
    for file in options.file:
        schemas = json.loads(file.read_text("utf-8"))
        for name, make in (("ours", ours), ("hypothesis-jsonschema", theirs)):
            begun = time.perf_counter()
            supported, made, wrong = measure(make, schemas)
            rate = made / (time.perf_counter() - begun)
            share = f"{supported}/{len(schemas)} {supported / len(schemas):.1%}"
            print(f"{file.name:<32}{name:<22}{share:>16}{wrong:>9}{rate:>10.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
