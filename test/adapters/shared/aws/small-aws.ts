import type { IncomingMessage, ServerResponse } from 'node:http'
import { secretOf } from 'modelspine/adapter'
import type { AwsCredentials } from '../../../../adapters/shared/aws/signing-key.ts'
import { decodedQuery } from '../../../../adapters/shared/aws/uri-encoding.ts'
import { type Loopback, serveLoopback } from '../../../loopback.ts'
import { signedBySdk } from './sdk-signer.ts'

export interface AwsReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** The connection breaks instead of an answer. */
  readonly isLost?: boolean
  /** Answers in its own way, piece by piece or not at all. */
  readonly play?: (response: ServerResponse) => void
}

export interface AwsCall {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface SmallAws extends Loopback {
  readonly calls: readonly AwsCall[]
}

export const region = 'eu-west-1'

/** The words of a service that answers in AWS JSON. */
export function jsonError(status: number, code: string, message: string, headers = {}): AwsReply {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', ...headers },
    body: JSON.stringify({ __type: `com.amazonaws.sagemaker#${code}`, message }),
  }
}

/**
 * A server that checks each signature with the AWS SDK's signer, and then answers by `answer`. A request whose keys it
 * does not know, or whose signature is another, is refused as AWS does. `nowMs` is its own time.
 */
export async function smallAws(
  answer: (call: AwsCall, place: number) => AwsReply,
  known: readonly AwsCredentials[],
  options: { readonly nowMs?: () => number; readonly rules?: 's3' | 'common' } = {},
): Promise<SmallAws> {
  const { nowMs = Date.now, rules = 'common' } = options
  const calls: AwsCall[] = []
  /** What asks again in the same second has the same signature. */
  const signatures = new Map<string, string | undefined>()
  const loopback = await serveLoopback(async (request, body, response) => {
    const { method = '', url = '', headers } = request
    const call: AwsCall = { method, url, headers, body }
    calls.push(call)
    const refusal = await refusalOf(call)
    const reply = refusal ?? answer(call, calls.length - 1)
    if (reply.isLost) return void response.destroy()
    if (reply.play !== undefined) return reply.play(response)
    const date = new Date(nowMs()).toUTCString()
    response.sendDate = false
    response.writeHead(reply.status ?? 200, { date, ...reply.headers }).end(reply.body ?? '{}')
  })

  async function refusalOf({ method, url, headers, body }: AwsCall): Promise<AwsReply | undefined> {
    const given = headers.authorization ?? ''
    const [, id = '', service = '', names = ''] =
      /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\/aws4_request, SignedHeaders=([^,]*),/.exec(given) ?? []
    const credentials = known.find(({ accessKeyId }) => accessKeyId === id)
    if (credentials === undefined) {
      return jsonError(400, 'UnrecognizedClientException', `The security token of ${id} is invalid.`)
    }
    const [path = '', query = ''] = url.split('?', 2)
    const signedHeaders = Object.fromEntries(names.split(';').map((name) => [name, String(headers[name])]))
    const date = dateOf(String(headers['x-amz-date']))
    const signer = { credentials, region, service, rules, date }
    const request = { method, host: String(headers.host), path, headers: signedHeaders }
    const text = JSON.stringify([id, service, request, query, date, body.toString('latin1')])
    const authorization =
      signatures.get(text) ??
      (await signedBySdk({ ...request, query: decodedQuery(query), body, ...signer })).authorization
    signatures.set(text, authorization)
    if (authorization !== given) {
      return jsonError(400, 'InvalidSignatureException', `Not our signature: ${given}`)
    }
    if (Math.abs(date.getTime() - nowMs()) > 300_000) {
      return jsonError(400, 'InvalidSignatureException', `Signature expired: ${headers['x-amz-date']}`)
    }
    return undefined
  }

  return { ...loopback, calls }
}

/** Reads `20260102T030405Z`. */
function dateOf(text: string): Date {
  return new Date(text.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'))
}

export function keys(name: string, sessionToken?: string): AwsCredentials {
  return {
    accessKeyId: `AKIA${name.toUpperCase()}`,
    secretAccessKey: secretOf(`the+secret/of=${name}`),
    ...(sessionToken !== undefined && { sessionToken: secretOf(sessionToken) }),
  }
}
