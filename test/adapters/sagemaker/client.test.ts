import { secretOf } from 'modelspine/adapter'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createSagemakerClient, type SagemakerClient } from '../../../adapters/sagemaker/sagemaker-client.ts'
import {
  credentials,
  Fault,
  type Operation,
  type SagemakerSimulator,
  sagemakerModel,
  sagemakerSimulator,
} from '../../simulators/sagemaker/sagemaker-simulator.ts'
import { region } from '../shared/aws/small-aws.ts'

async function scene(
  run: Operation,
  keys: typeof credentials = credentials,
): Promise<{ readonly client: SagemakerClient; readonly simulator: SagemakerSimulator }> {
  const simulator = await sagemakerSimulator([{ operations: { ListTags: run } }])
  const client = createSagemakerClient(
    { region, endpoint: simulator.url, credentials: { ...keys } as never },
    {
      owner: 'sagemakerTarget',
      unavailable: 'target-unavailable',
      refused: 'target-refused',
      conflict: 'conflict',
    },
  )
  onTestFinished(async () => {
    await client.close()
    await simulator.close()
  })
  return { client, simulator }
}

const arn = { ResourceArn: 'arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn' }
const tags = z.object({ Tags: z.array(z.object({ Key: z.string() })) })

describe('the client of SageMaker', () => {
  it('asks in AWS JSON, signed, and reads the answer', async () => {
    const { client, simulator } = await scene(() => ({ Tags: [{ Key: 'a', Value: 'b' }] }))
    expect(await client.read(tags, 'ListTags', arn, {})).toEqual({ Tags: [{ Key: 'a' }] })
    expect(simulator.exchanges).toMatchObject([{ operation: 'ListTags', input: arn }])
    expect(simulator.problems).toEqual([])
  })

  it.each([
    ['ThrottlingException', 400, { code: 'target-unavailable', retryable: true }],
    ['InternalFailure', 500, { code: 'target-unavailable', retryable: true }],
    ['ResourceLimitExceeded', 400, { code: 'target-unavailable', retryable: true }],
    ['ResourceInUse', 400, { code: 'target-unavailable', retryable: true }],
    ['ConflictException', 409, { code: 'conflict' }],
    ['ValidationException', 400, { code: 'target-refused', retryable: false }],
    ['AccessDeniedException', 400, { code: 'auth', retryable: false }],
  ] as const)('gives %s its meaning in the contract', async (reason, status, expected) => {
    const { client } = await scene(() => {
      throw new Fault(reason, 'words of AWS', status)
    })
    await expect(client.send('ListTags', arn, {})).rejects.toMatchObject({
      ...expected,
      message: `SageMaker: ${reason}: words of AWS`,
      details: { reason },
    })
  })

  it('does not show keys that SageMaker does not know', async () => {
    const { client } = await scene(() => ({}), { accessKeyId: 'AKIAOTHER', secretAccessKey: secretOf('x+y') })
    const call = client.send('ListTags', arn, {})
    await expect(call).rejects.toMatchObject({
      code: 'auth',
      message: expect.not.stringContaining('AKIAOTHER'),
    })
  })
})

describe.skipIf(sagemakerModel() === undefined)('the simulator of SageMaker', () => {
  it.each([
    ['a request', { ...arn, Colour: 'blue' }, { Tags: [] }],
    ['an answer', arn, { Tags: [], Colour: 'blue' }],
  ])('refuses %s that is not as AWS describes it', async (what, input, output) => {
    const { client, simulator } = await scene(() => output)
    await expect(client.send('ListTags', input, {})).rejects.toMatchObject({ code: 'target-unavailable' })
    expect(simulator.problems[0]).toMatch(
      `${what === 'a request' ? 'the request ' : 'the answer to '}ListTags`,
    )
  })
})
