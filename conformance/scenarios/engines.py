"""The engine behind a scenario: a real one with modules, or one that leaves all to the scenario."""

from __future__ import annotations

from conformance.scenarios.caller import Caller
from conformance.scenarios.portal import Answering, Scripted
from conformance.scenarios.steps import Setting
from conformance.stage import Stage
from mock_engine.config import Config, ModuleConfig
from mock_engine.engine import Engine
from mock_engine.faults import Now, Refuse, rule


async def equip(stage: Stage, setting: Setting) -> Caller:
    """Put the engine that a scenario asks for on a stage, in place of the one that is there.

    Its modules listen on free ports. No connection may be open.
    """
    await stage.engine.stop()
    wanted = (setting.modules or {}).items()
    modules = tuple(ModuleConfig(name, {"port": 0, **options}, 0) for name, options in wanted)
    stage.engine = engine = Engine(Config(modules=modules))
    caller = engine.add(Caller, {})
    await engine.start()
    stage.door.application = engine.workers
    if setting.modules is None:
        stage.door.application = Scripted(engine.workers, engine.channels)
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
    await stage.until(lambda: False, down, patient=False)
    caller = await equip(stage, setting)
    stage.listener.play(())
    return caller
