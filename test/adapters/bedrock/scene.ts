import type { ServerResponse } from 'node:http'
import type { CallContext, ChatEvent, ChatRequest } from 'modelspine/adapter'
import { type BedrockOptions, type BedrockProvider, bedrock } from 'modelspine/adapters/bedrock'
import { onTestFinished } from 'vitest'
import type { AwsCredentials } from '../../../adapters/shared/aws/signing-key.ts'
import { type AwsCall, type AwsReply, keys, region, smallAws } from '../shared/aws/small-aws.ts'
import { converseReply, eventStream } from './scripted-bedrock.ts'

export const credentials: AwsCredentials = keys('bedrock', 'a+session/token=1')
export const context: CallContext = { requestId: 'r1', abortSignal: new AbortController().signal }
export const request: ChatRequest = {
  model: 'amazon.nova-pro-v1:0',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}

export interface BedrockScene {
  readonly provider: BedrockProvider
  readonly calls: readonly AwsCall[]
  readonly url: string
}

/** A provider before a server that checks each signature, and then answers so. */
export async function openScene(
  answer: (call: AwsCall, place: number) => AwsReply = () => jsonReply(converseReply()),
  options: BedrockOptions = {},
): Promise<BedrockScene> {
  const aws = await smallAws(answer, [credentials])
  const provider = bedrock({ region, endpoint: aws.url, credentials: given, ...options })
  onTestFinished(async () => {
    await provider.close()
    await aws.close()
  })
  return { provider, calls: aws.calls, url: aws.url }
}

const given = {
  accessKeyId: credentials.accessKeyId,
  secretAccessKey: credentials.secretAccessKey,
  ...(credentials.sessionToken !== undefined && { sessionToken: credentials.sessionToken }),
}

export function jsonReply(body: object, headers: Readonly<Record<string, string>> = {}): AwsReply {
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

export function streamReply(bytes: Uint8Array): AwsReply {
  return { headers: { 'content-type': eventStream }, body: bytes }
}

/** Sends the bytes of a stream, and breaks the connection then. */
export function cutReply(bytes: Uint8Array): AwsReply {
  return {
    play(response: ServerResponse) {
      response.writeHead(200, { 'content-type': eventStream })
      response.write(bytes, () => response.socket?.destroy())
      if (bytes.byteLength === 0) response.socket?.destroy()
    },
  }
}

export interface ReadStream {
  readonly events: readonly ChatEvent[]
  readonly text: string
  readonly error: { readonly code?: string; readonly message?: string } | undefined
}

export async function readChat(stream: AsyncIterable<readonly ChatEvent[]>): Promise<ReadStream> {
  const events: ChatEvent[] = []
  let error: ReadStream['error']
  try {
    for await (const batch of stream) events.push(...batch)
  } catch (thrown) {
    error = thrown as ReadStream['error']
  }
  const parts = events.flatMap((event) => event.parts)
  return { events, error, text: parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('') }
}
