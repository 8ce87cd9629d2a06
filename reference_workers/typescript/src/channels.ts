// Functions that write to a channel, and read from one. The SDK makes writers and readers of the
// references in their data.

import { finished } from 'node:stream/promises'

import type { IIIClient } from 'iii-sdk'
import type { ChannelReader, ChannelWriter } from 'iii-sdk/channel'

import { count, object, text } from './formats.js'

type Part = { base64: string } | { text: string }

export function offerChannels(worker: IIIClient) {
  worker.registerFunction('conformance::write', write, {
    description: 'Write `parts`, data in base64 and texts, to a `channel`, and close it.',
    request_format: object({ channel: object({}), parts: { type: 'array' } }, ['channel', 'parts']),
    response_format: object({ written: count }, ['written']),
  })

  worker.registerFunction('conformance::read', read, {
    description: 'Read a `channel` to its end.',
    request_format: object({ channel: object({}) }, ['channel']),
    response_format: object({ base64: text, messages: { type: 'array', items: text } }),
  })
}

async function write({ channel, parts }: { channel: ChannelWriter; parts: Part[] }) {
  // Each write reports its own failure; an unhandled event would end the process.
  channel.stream.on('error', () => {})
  for (const part of parts) {
    if ('text' in part) {
      channel.sendMessage(part.text)
    } else {
      await sent(channel, Buffer.from(part.base64, 'base64'))
    }
  }
  channel.stream.end()
  await finished(channel.stream)
  return { written: parts.length }
}

// A message must not overtake data, which goes out in pieces.
function sent(channel: ChannelWriter, data: Buffer) {
  return new Promise<void>((resolve, reject) => {
    channel.stream.write(data, (fault) => (fault ? reject(fault) : resolve()))
  })
}

async function read({ channel }: { channel: ChannelReader }) {
  const messages: string[] = []
  channel.onMessage((message) => messages.push(message))
  const data = await channel.readAll()
  return { base64: data.toString('base64'), messages }
}
