"""The engine behind a scenario: a real one with modules, or one that leaves all to the scenario."""

from __future__ import annotations

from conformance.scenarios.caller import ScenarioCaller
from conformance.scenarios.proxy import Answering, Scripted
from conformance.scenarios.steps import Setting
from conformance.trials.harness import Harness
from mock_engine.config import Config, ModuleConfig
from mock_engine.engine import Engine
from mock_engine.faults import Now, Refuse, rule


async def equip(harness: Harness, setting: Setting) -> ScenarioCaller:
    """Replace the engine of a harness by the one that a scenario asks for.

    Its modules listen on free ports. No connection may be open.
    """
    await harness.engine.stop()
    wanted = (setting.modules or {}).items()
    modules = tuple(ModuleConfig(name, {"port": 0, **options}, 0) for name, options in wanted)
    harness.engine = engine = Engine(Config(modules=modules))
    caller = engine.add(ScenarioCaller, {})
    await engine.start()
    harness.gateway.application = engine.workers
    if setting.modules is None:
        harness.gateway.application = Scripted(engine.workers, engine.channels)
    elif setting.answers:
        harness.gateway.application = Answering(engine.workers, setting.answers)
    return caller


async def renew(harness: Harness, setting: Setting, down: float) -> ScenarioCaller:
    """End the engine as a killed process ends, and start another ``down`` seconds later.

    Its state in memory is lost. The port stays the same.
    """
    harness.listener.play((rule(Refuse(), Now()),))
    for connection in tuple(harness.listener.connections.values()):
        connection.cut()
    await harness.until(lambda: False, down, patient=False)
    caller = await equip(harness, setting)
    harness.listener.play(())
    return caller
