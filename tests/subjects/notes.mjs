// `node notes.mjs [--bug NAME]`: notes and missions, on the official SDK for Node.

import { registerWorker } from 'iii-sdk'

const bug = process.argv[process.argv.indexOf('--bug') + 1]
const worker = registerWorker(process.env.III_URL ?? 'ws://127.0.0.1:49134')
const engine = (function_id, payload) => worker.trigger({ function_id, payload })

const store = async (data) => {
  const { agentId, content } = data ?? {}
  if (!agentId || !content) return { error: 'agentId and content are required' }
  if (bug === 'never-stores') return { stored: true, deduplicated: true }
  const id = `note-${content.length}`
  await engine('state::set', { scope: agentId, key: id, value: content })
  return { stored: true, id }
}

const recall = async (data) => {
  if (!data?.agentId) return { error: 'agentId is required' }
  const notes = await engine('state::list', { scope: data.agentId })
  return { notes: notes ?? [] }
}

const visit = async (data) => {
  if (!data?.missionId) throw new Error('missing missionId')
  const ops = [{ type: 'increment', path: 'visits', by: 1 }]
  const change = bug === 'operations' ? { operations: ops } : { ops }
  await engine('state::update', { scope: 'missions', key: data.missionId, ...change })
  return { updated: data.missionId }
}

const realm = async (data) => {
  const id = data?.id ?? (bug === 'reads-no-request' ? undefined : data?.path_params?.id)
  if (!id) return { status_code: 400, body: { error: 'missing id' } }
  const known = await engine('state::get', { scope: 'realms', key: id })
  if (bug === 'hangs-on-absent' && known == null) await new Promise(() => {})
  return { status_code: 200, body: { id, known: known ?? null } }
}

const total = async (data) => {
  if (bug === 'never-answers' && !Array.isArray(data?.lines)) return new Promise(() => {})
  return { total: data.lines.reduce((sum, line) => sum + line.price * line.count, 0) }
}

worker.registerFunction('memory::store', store, { description: 'Keep a note.' })
worker.registerFunction('memory::recall', recall, { description: 'Find notes.' })
worker.registerFunction('mission::visit', visit, { description: 'Count a visit.' })
worker.registerFunction('realm::get', realm, { description: 'Answer a request for a realm.' })
worker.registerFunction('orders::total', total, { description: 'Add up an order.' })
worker.registerTrigger({
  type: 'http',
  function_id: 'realm::get',
  config: { api_path: '/realms/:id', http_method: 'GET' },
})

for (const name of ['SIGTERM', 'SIGINT']) {
  process.on(name, async () => {
    await worker.shutdown()
    process.exit(0)
  })
}
