"""The engine behind a scenario: a real one with modules, or one that leaves all to the scenario."""

from __future__ import annotations

from conformance.scenarios.caller import Caller
from conformance.scenarios.portal import Answering, Scripted
from conformance.scenarios.steps import Setting
from conformance.stage import Stage
from mock_engine.engine import Engine
from mock_engine.faults import Now, Refuse, rule
from mock_engine.modules import load_module


async def equip(stage: Stage, setting: Setting) -> Caller:
    """Give the engine of a stage its modules, and the worker's door to it."""
    engine = stage.engine
    for name, options in (setting.modules or {}).items():
        kind = load_module(name)
        if kind is not None and name not in engine.modules:
            engine.add(kind, {"port": 0, **options})
    caller = engine.add(Caller, {})
    await engine.start()
    if setting.modules is None:
        stage.door.application = Scripted(engine.workers)
    elif setting.answers:
        stage.door.application = Answering(engine.workers, setting.answers)
    return caller


async def renew(stage: Stage, setting: Setting, down: float) -> Caller:
    """End the engine as a killed process does, and start another ``down`` seconds later.

    What it kept in memory is lost. The port stays the same.
    """
    stage.listener.play((rule(Refuse(), Now()),))
    for connection in tuple(stage.listener.connections.values()):
        connection.cut()
    await stage.engine.stop()
    await stage.until(lambda: False, down, patient=False)
    stage.engine = Engine(None)
    stage.door.application = stage.engine.workers
    caller = await equip(stage, setting)
    stage.listener.play(())
    return caller
