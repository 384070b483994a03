import type { AwsCredentials } from '../../../adapters/shared/aws/signing-key.ts'
import {
  type AwsCall,
  type AwsReply,
  jsonError,
  keys,
  type SmallAws,
  smallAws,
} from '../../adapters/shared/aws/small-aws.ts'
import { type AwsModel, awsModel } from '../../official/aws-model.ts'

export type Json = Readonly<Record<string, unknown>>

/** One exchange of the API of models and endpoints, as it went over the wire. */
export interface Exchange {
  readonly operation: string
  readonly input: Json
  /** Undefined for an error. */
  readonly output: Json | undefined
}

/** What an operation throws, to be answered as SageMaker answers it. */
export class Fault extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }

  static validation(message: string): Fault {
    return new Fault('ValidationException', message)
  }
}

/** Does an operation and gives its answer, or throws a `Fault`. */
export type Operation = (input: Json) => Json

/** A part of SageMaker that a file beside this one plays. */
export interface SimulatedPart {
  readonly operations?: Readonly<Record<string, Operation>>
  /** Requests of other APIs, such as those that invoke. Undefined for a request that is not of this part. */
  readonly answer?: (call: AwsCall) => AwsReply | undefined
}

export interface SagemakerSimulator extends SmallAws {
  readonly exchanges: readonly Exchange[]
  /** What was not as AWS describes it, of requests and of answers. */
  readonly problems: readonly string[]
  /** Answers a call in another way. Undefined for its own way. */
  intercept: ((operation: string, input: Json) => AwsReply | Json | undefined) | undefined
  /** Called when an operation was done. True: its answer is lost. */
  afterwards: ((operation: string) => boolean) | undefined
  /** After this call nobody is answered. */
  stall(): void
}

export const credentials: AwsCredentials = keys('sagemaker', 'a/session+token==')

const prefix = 'SageMaker.'
let known: { readonly model: AwsModel | undefined } | undefined

/** The model that AWS publishes, when it is in the cache. */
export function sagemakerModel(): AwsModel | undefined {
  known ??= { model: awsModel('sagemaker') }
  return known.model
}

/**
 * SageMaker, as far as the parts play it. It checks signatures, and each request and each answer against the model
 * that AWS publishes, when that is in the cache.
 */
export async function sagemakerSimulator(
  parts: readonly SimulatedPart[],
  options: { readonly nowMs?: () => number; readonly credentials?: readonly AwsCredentials[] } = {},
): Promise<SagemakerSimulator> {
  const exchanges: Exchange[] = []
  const problems: string[] = []
  const operations = new Map(parts.flatMap(({ operations = {} }) => Object.entries(operations)))
  const { nowMs } = options
  const aws = await smallAws(answer, options.credentials ?? [credentials], nowMs && { nowMs })

  function answer(call: AwsCall): AwsReply {
    const target = call.headers['x-amz-target']
    if (target === undefined) {
      for (const part of parts) {
        const reply = part.answer?.(call)
        if (reply !== undefined) return reply
      }
      return jsonError(404, 'UnknownOperationException', call.url)
    }
    const operation = String(target).slice(prefix.length)
    const isWhole =
      call.method === 'POST' &&
      call.url === '/' &&
      call.headers['content-type'] === 'application/x-amz-json-1.1' &&
      String(target).startsWith(prefix)
    if (!isWhole) return jsonError(400, 'UnknownOperationException', String(target))
    return perform(operation, JSON.parse(call.body.toString()) as Json)
  }

  function perform(operation: string, input: Json): AwsReply {
    const known = operations.get(operation)
    if (known === undefined) return jsonError(400, 'UnknownOperationException', operation)
    const wrong = sagemakerModel()?.request(operation, input) ?? []
    if (wrong.length > 0) return violation(`the request ${operation}: ${wrong.join('; ')}`)
    const output = outcome(operation, input, known)
    const isReply = 'status' in output && typeof output.status === 'number'
    exchanges.push({ operation, input, output: isReply ? undefined : (output as Json) })
    if (isReply) return output as AwsReply
    const unfit = sagemakerModel()?.reply(operation, output) ?? []
    if (unfit.length > 0) return violation(`the answer to ${operation}: ${unfit.join('; ')}`)
    const isLost = simulator.afterwards?.(operation) === true
    return {
      ...(isLost && { isLost }),
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(output),
    }
  }

  function outcome(operation: string, input: Json, run: Operation): AwsReply | Json {
    try {
      return simulator.intercept?.(operation, input) ?? run(input)
    } catch (error) {
      if (error instanceof Fault) return jsonError(error.status, error.code, error.message)
      throw error
    }
  }

  function violation(problem: string): AwsReply {
    problems.push(problem)
    return jsonError(500, 'NotAsTheModelOfAws', problem)
  }

  const simulator: SagemakerSimulator = {
    ...aws,
    exchanges,
    problems,
    intercept: undefined,
    afterwards: undefined,
    stall() {
      aws.server.removeAllListeners('request')
      aws.server.on('request', () => {})
    },
  }
  return simulator
}
