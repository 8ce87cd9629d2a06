"""Values that a schema allows.

``Generator.value`` builds one from entropy and asks a validator whether it is valid; what building
cannot foresee (``not``, ``oneOf``, dependencies of dependencies) the validator refuses, and it is
built again. So a returned value is always valid, and a schema is either supported or raises
``Unsupported``.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from conformance.documents.validity import Schema, Unsupported, Validity
from conformance.fuzz.values.building import Building
from conformance.fuzz.values.dialect import read
from conformance.fuzz.values.entropy import DrawnEntropy, Entropy
from conformance.fuzz.values.scalars import Impossible

ATTEMPTS = 60


class Generator:
    """Builds values for one schema.

    Raises:
        Unsupported: the schema cannot be read.
    """

    def __init__(self, schema: Schema) -> None:
        try:
            self.schema = read(schema)
            self.validity = Validity(schema)
        except (RecursionError, TypeError, AttributeError, ValueError) as fault:
            raise fault if isinstance(fault, Unsupported) else Unsupported(str(fault)) from None

    def value(self, entropy: Entropy) -> Any:
        """A valid value.

        Raises:
            Unsupported: none was found.
        """
        for attempt in range(ATTEMPTS):
            try:
                value = Building(entropy, sparing=attempt > ATTEMPTS // 2).build(self.schema, 0)
            except (Impossible, RecursionError, OverflowError):
                continue
            if self.validity.holds(value):
                return value
        raise Unsupported(f"no valid value was found in {ATTEMPTS} attempts")


def from_schema(schema: Schema) -> st.SearchStrategy[Any]:
    """A Hypothesis strategy for the values that a schema allows.

    Raises:
        Unsupported: the schema cannot be read.
    """
    generator = Generator(schema)

    @st.composite
    def values(draw: st.DrawFn) -> Any:
        return generator.value(DrawnEntropy(draw))

    return values()
