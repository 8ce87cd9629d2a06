// A function that calls another one.

import { setTimeout as delay } from 'node:timers/promises'

import { TriggerAction, type IIIClient, type JsonValue } from 'iii-sdk'

import { anything, count, object, text } from './formats.js'

type Call = {
  function_id: string
  data?: JsonValue
  timeout_ms?: number
  delay_ms?: number
  metadata?: JsonValue
  action?: 'void' | { type: 'enqueue'; queue: string }
}

function actionOf(action: Call['action']) {
  if (action === 'void') return TriggerAction.Void()
  return action && TriggerAction.Enqueue({ queue: action.queue })
}

export function offerCalling(worker: IIIClient) {
  const call = async ({ function_id, data, timeout_ms, delay_ms, metadata, action }: Call) => {
    await delay(delay_ms ?? 0)
    try {
      const result = await worker.trigger({
        function_id,
        // Without `data` on the wire the engine drops a call.
        payload: data ?? null,
        timeoutMs: timeout_ms,
        metadata,
        action: actionOf(action),
      })
      return { result: result ?? null }
    } catch (fault) {
      const { code, message } = fault as { code?: string; message?: string }
      return { error: { code: code ?? 'invocation_failed', message: message ?? String(fault) } }
    }
  }

  worker.registerFunction('conformance::call', call, {
    description: 'Call another function and return its result or its error.',
    request_format: object(
      {
        function_id: text,
        data: anything,
        timeout_ms: count,
        delay_ms: count,
        metadata: anything,
        action: {
          anyOf: [
            { const: 'void' },
            object({ type: { const: 'enqueue' }, queue: text }, ['type', 'queue']),
          ],
        },
      },
      ['function_id'],
    ),
    response_format: object({ result: anything, error: object({ code: text, message: text }) }),
  })
}
