// The functions that the wire transcripts of the SDK for Node were recorded with; see __init__.py.
//
//     NODE_PATH=FOLDER/node_modules node worker.cjs

const { setTimeout: delay } = require('node:timers/promises')

const { InvocationError, registerWorker, TriggerAction } = require('iii-sdk')

const worker = registerWorker(process.env.III_URL, { workerName: 'wire-worker' })

const functions = {
  fail(data) {
    throw new Error(`boom: ${data?.why ?? 'no reason'}`)
  },
  failstr() {
    throw 'just a string'
  },
  async slow({ seconds = 1, ...rest }) {
    await delay(seconds * 1000)
    return { slept: seconds, ...rest }
  },
  slow_sync({ seconds = 1, ...rest }) {
    const end = Date.now() + seconds * 1000
    while (Date.now() < end);
    return { slept: true, ...rest }
  },
  none() {},
  null: () => null,
  bad: () => ({ value: 1n }),
  nan: () => ({ nan: NaN, inf: Infinity }),
}

async function caller({ target, payload, action, queue = 'q1', timeout_ms, metadata, namespace, delay: wait }) {
  if (wait) await delay(wait * 1000)
  const began = Date.now()
  const how = { void: () => TriggerAction.Void(), enqueue: () => TriggerAction.Enqueue({ queue }) }[action]
  try {
    const request = { function_id: target, payload, action: how?.(), timeoutMs: timeout_ms, metadata, namespace }
    return { ok: await worker.trigger(request) }
  } catch (fault) {
    if (!(fault instanceof InvocationError)) throw fault
    const after = (Date.now() - began) / 1000
    return { err: fault.name, code: fault.code, msg: String(fault), after }
  }
}

const trig = { id: 'test::trig', description: 'a custom trigger type' }
worker.registerTriggerType(trig, {
  async registerTrigger({ config }) {
    if (config?.fail) throw new Error('trigger boom')
  },
  async unregisterTrigger() {},
})
worker.registerFunction('test::echo', async (data) => data, { description: 'echoes' })
for (const [name, handler] of Object.entries(functions)) {
  worker.registerFunction(`test::${name}`, async (data) => handler(data))
}
worker.registerFunction('test::meta', async (data, metadata) => ({ data, metadata }), {
  metadata: { owner: 'me' },
  request_format: { type: 'object' },
})
worker.registerFunction('test::caller', caller)
worker.registerTrigger({
  type: 'http',
  function_id: 'test::echo',
  config: { api_path: '/echo', http_method: 'POST' },
})

async function comeAndGo() {
  await delay(1000)
  const late = worker.registerFunction('test::late', async (data) => data)
  const config = { expression: '0 * * * * *' }
  const cron = worker.registerTrigger({ type: 'cron', function_id: 'test::late', config })
  await delay(1000)
  cron.unregister()
  late.unregister()
  worker.unregisterTriggerType(trig)
}

if (process.env.WIRE_LATE) comeAndGo()
if (!process.env.WIRE_UNHANDLED) {
  for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => worker.shutdown())
}
