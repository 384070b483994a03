import { Readable } from 'node:stream'
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'

/** What AWS's client sent. */
export interface SentRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What it gets for an answer. */
export interface GivenAnswer {
  readonly status?: number
  readonly contentType?: string
  readonly body: Uint8Array | string
}

/** AWS's own client of Bedrock, whose requests are answered here, without a network. */
export function officialClient(answer: (request: SentRequest) => GivenAnswer): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      async handle(request: Omit<SentRequest, 'body'> & { readonly body?: string | Uint8Array }) {
        const body = Buffer.from(request.body ?? '').toString()
        const {
          status = 200,
          contentType = 'application/json',
          body: answered,
        } = answer({ ...request, body })
        const headers = { 'content-type': contentType }
        return { response: { statusCode: status, headers, body: Readable.from([Buffer.from(answered)]) } }
      },
    } as never,
  })
}
