import type { CallContext, Endpoint, InferRequest } from 'modelspine/adapter'
import {
  connectSagemaker,
  type SagemakerProvider,
  type SagemakerProviderOptions,
  sagemakerProvider,
} from 'modelspine/adapters/sagemaker'
import { expect, onTestFinished } from 'vitest'
import {
  runtimeModel,
  type SimulatedRuntime,
  sagemakerRuntime,
} from '../../../simulators/sagemaker/runtime.ts'
import {
  credentials,
  type SagemakerSimulator,
  sagemakerSimulator,
} from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { region } from '../../shared/aws/small-aws.ts'

export interface ProviderScene {
  readonly provider: SagemakerProvider
  readonly runtime: SimulatedRuntime
  readonly simulator: SagemakerSimulator
  readonly options: SagemakerProviderOptions
  /** A provider of an endpoint, as a plane makes it. */
  connect(endpoint: Endpoint): SagemakerProvider
  close(): Promise<void>
}

const { accessKeyId, secretAccessKey, sessionToken = secretAccessKey } = credentials

/** A provider over a simulator of its own. The caller closes it. */
export async function openScene(
  more: SagemakerProviderOptions & Parameters<typeof sagemakerRuntime>[0] = {},
): Promise<ProviderScene> {
  const { variantsOf, ...own } = more
  const runtime = sagemakerRuntime(variantsOf && { variantsOf })
  const simulator = await sagemakerSimulator([runtime])
  const keys = { accessKeyId, secretAccessKey, sessionToken }
  const options = { region, endpoint: simulator.url, credentials: keys, ...own }
  const provider = sagemakerProvider(options)
  const connect = connectSagemaker(options)
  return {
    provider,
    runtime,
    simulator,
    options,
    connect,
    async close() {
      await provider.close()
      await simulator.close()
    },
  }
}

/** The same, closed after the test. */
export async function scene(more: Parameters<typeof openScene>[0] = {}): Promise<ProviderScene> {
  const made = await openScene(more)
  onTestFinished(() => made.close())
  return made
}

export function contextOf(more: Partial<CallContext> = {}): CallContext {
  return { requestId: 'r-1', abortSignal: new AbortController().signal, ...more }
}

export function bytesRequest(
  model: string,
  text = 'a,b',
  headers?: Readonly<Record<string, string>>,
): InferRequest {
  return {
    model,
    kind: 'bytes',
    contentType: 'text/csv',
    bytes: Buffer.from(text),
    ...(headers && { headers }),
  }
}

export const tensorsRequest: InferRequest = {
  model: 'churn',
  kind: 'tensors',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] }],
}

/** Checks what was sent, by the names that AWS's model gives. Where the model is not in the cache, nobody knows them. */
export function expectMembers({ invocations }: SimulatedRuntime, expected: readonly object[]): void {
  const members = invocations.map((each) => each.members)
  expect(members).toEqual(runtimeModel() === undefined ? expected.map(() => ({})) : expected)
}
