"""The same fault in several workers is one finding."""

from __future__ import annotations

from conformance.matrix.causes import causes
from conformance.matrix.document import Matrix
from conformance.requirements.verdict import Outcome
from tests.conformance.matrix.making import worker
from tests.conformance.report.making import entry

ID = "0b7e1a52-0000-4000-8000-00000000000%d"


def test_a_fault_of_one_sdk_in_several_workers_is_told_once() -> None:
    announced = [{"version": "0.22.1", "telemetry": {"framework": "iii-node"}}]
    workers = [
        worker(f"w{n}", entry(2, Outcome.FAILED, seen=f"2 for {ID % n}"), announced=announced)
        for n in range(3)
    ]
    alone = worker("alone", entry(2, Outcome.FAILED, seen="none"), entry(1, Outcome.PASSED))

    found = causes(Matrix(1, {}, ("CON-002",), (*workers, alone)))

    assert [[w.name for w in cause.workers] for cause in found] == [["w0", "w1", "w2"], ["alone"]]
    assert [cause.sdk for cause in found] == ["iii-node", ""]
