// The well-known functions of the conformance suite, on the official SDK.
//
//     npm ci && npm run build && pytest --worker-cmd="node dist/worker.js"

import { registerWorker } from 'iii-sdk'

import { offerCalling } from './calling.js'
import { offerChannels } from './channels.js'
import { offerFunctions } from './functions.js'
import { offerRegistering } from './registering.js'
import { offerTicks } from './ticks.js'

const worker = registerWorker(process.env.III_URL ?? 'ws://127.0.0.1:49134')

const stop = async () => {
  await worker.shutdown()
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)

offerFunctions(worker)
offerCalling(worker)
offerChannels(worker)
offerRegistering(worker)
offerTicks(worker)
