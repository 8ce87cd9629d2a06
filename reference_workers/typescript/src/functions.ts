// Functions that need nothing but their data.

import { setTimeout as delay } from 'node:timers/promises'

import type { IIIClient, JsonValue } from 'iii-sdk'

import { anything, count, object, text } from './formats.js'

export function offerFunctions(worker: IIIClient) {
  worker.registerFunction('conformance::echo', async (data: JsonValue) => data, {
    description: 'Return the data as it came.',
    request_format: anything,
    response_format: anything,
  })

  worker.registerFunction('conformance::fail', fail, {
    description: 'Fail as the data says.',
    request_format: object({ code: text, message: text }),
    response_format: anything,
  })

  worker.registerFunction('conformance::crash', crash, {
    description: 'Fail as a programming mistake does.',
    request_format: anything,
    response_format: anything,
  })

  worker.registerFunction('conformance::sleep', sleep, {
    description: 'Answer after `ms` milliseconds.',
    request_format: object({ ms: { ...count, maximum: 60_000 } }, ['ms']),
    response_format: object({ slept_ms: count }, ['slept_ms']),
  })

  worker.registerFunction('conformance::unserialisable', async () => ({ value: 1n }), {
    description: 'Return what JSON cannot express.',
    request_format: anything,
    response_format: anything,
  })

  worker.registerFunction('conformance::null', async () => null, {
    description: 'Return nothing.',
    request_format: anything,
    response_format: { type: 'null' },
  })

  worker.registerFunction('conformance::large', large, {
    description: 'Return a text of `bytes` characters.',
    request_format: object({ bytes: { ...count, maximum: 8 * 1024 ** 2 } }, ['bytes']),
    response_format: object({ data: text }, ['data']),
  })

  worker.registerFunction('conformance::metadata', withMetadata, {
    description: 'Return what came beside the data.',
    request_format: anything,
    response_format: object({ metadata: anything }),
  })

  worker.registerFunction('conformance::http_echo', httpEcho, {
    description: 'Answer an HTTP request with its own body.',
    request_format: object({ body: anything }),
    response_format: object({ status_code: { type: 'integer' }, body: anything }, ['status_code']),
  })
  worker.registerTrigger({
    type: 'http',
    function_id: 'conformance::http_echo',
    config: { api_path: '/conformance/echo', http_method: 'POST' },
  })

  worker.registerFunction('conformance::inbox', async (message: JsonValue) => ({ received: message }), {
    description: 'Take a message of a topic.',
    request_format: anything,
    response_format: object({ received: anything }, ['received']),
  })
  worker.registerTrigger({
    type: 'durable:subscriber',
    function_id: 'conformance::inbox',
    config: { topic: 'conformance.inbox' },
  })
}

async function fail({ code, message }: { code?: string; message?: string }): Promise<never> {
  const error = new Error(message ?? 'asked to fail')
  throw Object.assign(error, { code: code ?? 'invocation_failed' })
}

async function crash() {
  const nobody = JSON.parse('null') as { name: string }
  return nobody.name
}

async function sleep({ ms }: { ms: number }) {
  await delay(ms)
  return { slept_ms: ms }
}

async function large({ bytes }: { bytes: number }) {
  return { data: 'x'.repeat(bytes) }
}

async function withMetadata(_: JsonValue, metadata?: JsonValue) {
  return { metadata: metadata ?? null }
}

async function httpEcho({ body }: { body?: JsonValue }) {
  return {
    status_code: 200,
    headers: { 'content-type': 'application/json' },
    body: { echo: body ?? null },
  }
}
