// A client on the SDK for Node; __init__.py lists its commands.

import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { registerWorker, TriggerAction } from 'iii-sdk'
import { createChannel } from 'iii-sdk/helpers'
import { Logger } from '@iii-dev/helpers/observability'

// The SDK writes its own lines to standard output, which is reserved for answers here.
console.debug = console.info = console.log = console.error

const PATIENCE = 20_000 // how long to wait for an event, in milliseconds
const worker = registerWorker(process.env.III_URL)
const given = new Map()

function kept(id) {
  if (!given.has(id)) given.set(id, { items: [], waiting: [] })
  return given.get(id)
}

function keep(id, item) {
  const { items, waiting } = kept(id)
  const next = waiting.shift()
  if (next) next(item)
  else items.push(item)
}

const todo = {
  call({ function_id, payload, action }) {
    const how = action === 'void' ? TriggerAction.Void() : action && TriggerAction.Enqueue(action)
    return worker.trigger({ function_id, payload, action: how ?? undefined })
  },
  function({ name, reply }) {
    worker.registerFunction(name, async (data) => {
      // The handle of a channel is not data.
      keep(name, JSON.parse(JSON.stringify(data, (_, v) => (v?.constructor?.name?.startsWith('Channel') ? undefined : v))))
      if (reply?.fail) throw new Error(reply.fail)
      return reply
    })
  },
  url({ name, url }) {
    worker.registerFunction(name, { url, method: 'POST' })
  },
  trigger({ kind, function_id, config }) {
    worker.registerTrigger({ type: kind, function_id, config })
  },
  kind({ name }) {
    worker.registerTriggerType(
      { id: name, description: name },
      {
        async registerTrigger({ function_id, config }) {
          keep(name, { function_id, config })
        },
        async unregisterTrigger(trigger) {
          keep(name, { unregistered: trigger.id })
        },
      },
    )
  },
  next({ name }) {
    const { items, waiting } = kept(name)
    if (items.length > 0) return items.shift()
    return new Promise((resolve, reject) => {
      waiting.push(resolve)
      setTimeout(() => reject(new Error(`nothing came to ${name}`)), PATIENCE).unref()
    })
  },
  async channel({ text }) {
    const channel = await createChannel(worker)
    const read = channel.reader.readAll()
    channel.writer.stream.end(Buffer.from(text))
    await once(channel.writer.stream, 'finish')
    return (await read).toString()
  },
  log({ message }) {
    new Logger().info(message, { from: 'client' })
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, ...asked } = JSON.parse(line)
  let answer
  try {
    answer = { result: (await todo[what](asked)) ?? null }
  } catch (fault) {
    answer = { error: { code: fault.code ?? 'failed', message: String(fault.message ?? fault) } }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
await worker.shutdown()
process.exit(0)
