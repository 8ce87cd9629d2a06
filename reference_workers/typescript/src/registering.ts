// Functions that change what this worker offers while it runs.

import { randomUUID } from 'node:crypto'

import type { IIIClient, JsonValue } from 'iii-sdk'
import type { FunctionRef } from 'iii-sdk/runtime'
import type { Trigger } from 'iii-sdk/trigger'

import { anything, object, text } from './formats.js'

type Bind = { type: string; config?: JsonValue; function_id?: string }

export function offerRegistering(worker: IIIClient) {
  const functions = new Map<string, FunctionRef>()
  // The SDK does not expose the ids of triggers; these are this worker's own.
  const triggers = new Map<string, Trigger>()

  const register = async ({ id }: { id: string }) => {
    const function_id = `conformance::extra::${id}`
    const options = { description: 'Return the data as it came.', request_format: anything }
    functions.set(id, worker.registerFunction(function_id, async (data) => data, options))
    return { function_id }
  }
  worker.registerFunction('conformance::register', register, {
    description: 'Offer one more function, which echoes.',
    request_format: object({ id: text }, ['id']),
    response_format: object({ function_id: text }, ['function_id']),
  })

  worker.registerFunction('conformance::unregister', async ({ id }) => takeBack(functions, id), {
    description: 'Stop offering a function that `register` added.',
    request_format: object({ id: text }, ['id']),
    response_format: object({ removed: { type: 'boolean' } }, ['removed']),
  })

  const bind = async ({ type, config, function_id }: Bind) => {
    const id = randomUUID()
    const target = function_id ?? 'conformance::echo'
    triggers.set(id, worker.registerTrigger({ type, function_id: target, config: config ?? {} }))
    return { id }
  }
  worker.registerFunction('conformance::bind', bind, {
    description: 'Add a trigger on `echo`, or on `function_id`.',
    request_format: object({ type: text, config: anything, function_id: text }, ['type']),
    response_format: object({ id: text }, ['id']),
  })

  worker.registerFunction('conformance::unbind', async ({ id }) => takeBack(triggers, id), {
    description: 'Remove a trigger that `bind` added.',
    request_format: object({ id: text }, ['id']),
    response_format: object({ removed: { type: 'boolean' } }, ['removed']),
  })
}

function takeBack(kept: Map<string, { unregister(): void }>, id: string) {
  const found = kept.get(id)
  if (!found) {
    throw new Error(`there is no ${JSON.stringify(id)}`)
  }
  kept.delete(id)
  found.unregister()
  return { removed: true }
}
