import { secretOf } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { jsonError } from '../shared/aws/small-aws.ts'
import { errors, failureOf, scene } from './scene.ts'

describe('an error of CloudWatch', () => {
  it.each([
    ['ThrottlingException', 400, true],
    ['Throttling', 400, true],
    ['InternalServiceFault', 500, true],
    ['InvalidNextToken', 400, true],
    ['InvalidParameterValueException', 400, false],
    ['ValidationError', 400, false],
    ['AccessDeniedException', 400, false],
    ['ExpiredTokenException', 403, false],
  ])('%s is a metric-error, to be asked again or not', async (code, status, retryable) => {
    const { ask, simulator } = await scene()
    simulator.override = () => jsonError(status, code, 'words of AWS')
    const failure = await failureOf(ask())
    expect(failure).toMatchObject({ code: 'metric-error', retryable, details: { reason: code } })
    expect(failure.message).toBe(`CloudWatch: ${code}: words of AWS`)
  })

  it('is told of keys that CloudWatch does not know', async () => {
    const credentials = { accessKeyId: 'AKIAOTHER', secretAccessKey: secretOf('another+secret') }
    const { ask } = await scene({ metrics: { errors }, credentials })
    const failure = await failureOf(ask())
    expect(failure).toMatchObject({
      code: 'metric-error',
      retryable: false,
      details: { reason: 'UnrecognizedClientException' },
    })
    expect(failure.message).not.toContain('AKIAOTHER')
  })

  it('is a metric-error, too, when a function that gives keys fails', async () => {
    const secretAccessKey = async () => {
      throw new Error('the vault is closed')
    }
    const { ask } = await scene({
      metrics: { errors },
      credentials: { accessKeyId: 'AKIA', secretAccessKey },
    })
    expect(await failureOf(ask())).toMatchObject({
      code: 'metric-error',
      message: expect.stringContaining('the vault is closed'),
    })
  })
})
