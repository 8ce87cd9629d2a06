// A trigger type of this worker's own, fired by calls of `conformance::fire`.

import { TriggerAction, type IIIClient, type JsonValue } from 'iii-sdk'
import type { TriggerConfig, TriggerHandler } from 'iii-sdk/trigger'

import { anything, object, text } from './formats.js'

type Tick = { reject?: boolean }

export function offerTicks(worker: IIIClient) {
  const triggers = new Map<string, TriggerConfig<Tick>>()

  const handler: TriggerHandler<Tick> = {
    // After a reconnect the engine sends the same trigger again, which replaces the old one.
    async registerTrigger(trigger) {
      if (trigger.config?.reject) {
        throw new Error('this trigger asks to be rejected')
      }
      triggers.set(trigger.id, trigger)
    },
    async unregisterTrigger({ id }) {
      triggers.delete(id)
    },
  }
  worker.registerTriggerType(
    { id: 'conformance-tick', description: 'Happens when conformance::fire is called.' },
    handler,
  )

  worker.registerFunction(
    'conformance::bindings',
    async () => ({ bindings: [...triggers.values()] }),
    {
      description: "Return the triggers of this worker's own type.",
      request_format: anything,
      response_format: object({ bindings: { type: 'array' } }, ['bindings']),
    },
  )

  const fire = async ({ id, data }: { id: string; data?: JsonValue }) => {
    const trigger = triggers.get(id)
    if (!trigger) {
      throw new Error(`no trigger has the id ${JSON.stringify(id)}`)
    }
    const { function_id, metadata } = trigger
    await worker.trigger({
      function_id,
      payload: data ?? null,
      metadata,
      action: TriggerAction.Void(),
    })
    return { fired: true }
  }
  worker.registerFunction('conformance::fire', fire, {
    description: 'Call the function of a trigger, as if its event had happened.',
    request_format: object({ id: text, data: anything }, ['id']),
    response_format: object({ fired: { type: 'boolean' } }, ['fired']),
  })
}
