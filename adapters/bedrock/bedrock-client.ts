import { type CallContext, type CallTarget, type Clock, ModelspineError, secretOf } from 'modelspine/adapter'
import { type AwsClient, type AwsConnection, createAwsClient } from '../shared/aws/aws-client.ts'
import { checkSecret } from '../shared/options/check-secret.ts'
import { type ApiKey, revealKey } from '../shared/provider/api-key.ts'
import { wrongOption } from '../shared/wrong-option.ts'
import { bedrockWords } from './bedrock-errors.ts'
import { passedHeaders } from './invocation.ts'

const service = { endpointPrefix: 'bedrock-runtime', signingName: 'bedrock' } as const

export interface BedrockClient extends AwsClient {
  /** Where a call goes that somebody else sends, with its credentials. */
  signed(path: string, body: string | Uint8Array | undefined, context: CallContext): Promise<CallTarget>
}

/** Connects nothing before the first call. Throws `invalid-options`. */
export function openBedrock(
  options: AwsConnection & { readonly apiKey?: ApiKey | undefined },
  clock: Clock,
): BedrockClient {
  const { apiKey, ...connection } = options
  checkSecret('apiKey', apiKey, 'key', false)
  if (apiKey !== undefined && connection.credentials !== undefined) {
    throw wrongOption('apiKey', 'and credentials are both given: give one of them')
  }
  const token = apiKey === undefined ? undefined : async () => secretOf(await revealKey(apiKey))
  const limits = { timeoutMs: 300_000, maxReplyBytes: 64 * 1024 * 1024 }
  const client = createAwsClient({ ...limits, ...connection }, service, bedrockWords, clock, token)
  return {
    ...client,
    async signed(path, body, context) {
      if (body === undefined && token === undefined) {
        throw new ModelspineError(
          'unsupported',
          'Bedrock: the signature needs the body of the request: give it',
        )
      }
      const headers = { ...passedHeaders(context), 'content-type': 'application/json' }
      const { abortSignal } = context
      const request = {
        method: 'POST',
        path,
        headers,
        abortSignal,
        ...(body !== undefined && { body }),
      } as const
      return { method: 'POST', url: client.baseUrl + path, headers: await client.authorized(request) }
    },
  }
}
