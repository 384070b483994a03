import type { Clock, ErrorCode } from 'modelspine/adapter'
import type { ZodType } from 'zod'
import { type AwsConnection, createAwsClient } from '../shared/aws/aws-client.ts'
import type { AwsFailure } from '../shared/aws/aws-failure.ts'
import { awsJsonRequest } from '../shared/aws/aws-json.ts'
import type { AwsWords } from '../shared/aws/aws-words.ts'
import type { VendorMeaning } from '../shared/vendor-client.ts'

/** SageMaker's API of models, endpoints and model packages. */
const service = { endpointPrefix: 'api.sagemaker', signingName: 'sagemaker' } as const
const api = { targetPrefix: 'SageMaker', version: '1.1' } as const

/** What the failures of SageMaker are called in a contract. */
export interface SagemakerCodes extends Pick<AwsWords, 'owner' | 'unavailable' | 'refused'> {
  /** For something that changed meanwhile. Default: that for a service that cannot answer now. */
  readonly conflict?: ErrorCode
  /** What is particular to an operation. It comes before what is said here. */
  readonly meaning?: (failure: AwsFailure, message: string) => VendorMeaning | undefined
}

export interface SagemakerCall {
  readonly abortSignal?: AbortSignal | undefined
  /** Whether it may be sent again when no answer came. Default: operations that only read. */
  readonly repeatable?: boolean
}

export interface SagemakerClient {
  readonly baseUrl: string
  /** Errors have the code's name at SageMaker as `details.reason`. */
  read<Answer>(
    schema: ZodType<Answer>,
    operation: string,
    input: object,
    call: SagemakerCall,
  ): Promise<Answer>
  /** The same, where nothing of the answer is read. */
  send(operation: string, input: object, call: SagemakerCall): Promise<void>
  close(): Promise<void>
}

/** Connects nothing before the first call. Throws `invalid-options`. */
export function createSagemakerClient(
  connection: AwsConnection,
  codes: SagemakerCodes,
  clock?: Clock,
): SagemakerClient {
  const client = createAwsClient(connection, service, sagemakerWords(codes), clock)
  const requestOf = (operation: string, input: object, call: SagemakerCall) =>
    awsJsonRequest(api, operation, input, {
      repeatable: call.repeatable ?? /^(Describe|List)/.test(operation),
      abortSignal: call.abortSignal,
    })
  return {
    baseUrl: client.baseUrl,
    read: (schema, operation, input, call) => client.read(schema, requestOf(operation, input, call)),
    async send(operation, input, call) {
      await client.call(requestOf(operation, input, call))
    },
    close: () => client.close(),
  }
}

/** A limit of the account may be raised, and what is in use becomes free. So neither is a refusal for good. */
export function sagemakerWords(codes: SagemakerCodes): AwsWords {
  const { owner, unavailable, refused, conflict = unavailable, meaning } = codes
  return {
    vendor: 'SageMaker',
    owner,
    unavailable,
    refused,
    meaning(failure, message) {
      const own = meaning?.(failure, message)
      if (own !== undefined) return own
      switch (failure.code) {
        case 'ResourceLimitExceeded':
        case 'ResourceInUse':
          return { code: unavailable, message, retryable: true }
        case 'ConflictException':
          return { code: conflict, message }
        default:
          return undefined
      }
    },
  }
}
