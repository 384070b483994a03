import { secretOf } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { statusError } from '../shared/google/small-google.ts'
import { failureOf, scene } from './scene.ts'

describe('an error of Cloud Monitoring', () => {
  it.each([
    ['RESOURCE_EXHAUSTED', true],
    ['UNAVAILABLE', true],
    ['INTERNAL', true],
    ['DEADLINE_EXCEEDED', true],
    ['INVALID_ARGUMENT', false],
    ['NOT_FOUND', false],
    ['PERMISSION_DENIED', false],
    ['UNAUTHENTICATED', false],
  ])('%s is a metric-error, to be asked again or not', async (status, retryable) => {
    const { ask, simulator } = await scene()
    simulator.override = () => statusError(status, 'words of Google')
    const failure = await failureOf(ask())
    expect(failure).toMatchObject({ code: 'metric-error', retryable, details: { reason: status } })
    expect(failure.message).toBe(`Google Cloud Monitoring: ${status}: words of Google`)
  })

  it('is told of a token that Google does not know, without the token', async () => {
    const { ask } = await scene({ credentials: { token: secretOf('ya29.another') } })
    const failure = await failureOf(ask())
    expect(failure).toMatchObject({ code: 'metric-error', retryable: false })
    expect(JSON.stringify(failure)).not.toContain('ya29.another')
  })

  it('is a metric-error, too, when a function that gives the token fails', async () => {
    const token = async () => {
      throw new Error('the vault is closed')
    }
    const { ask } = await scene({ credentials: { token } })
    expect(await failureOf(ask())).toMatchObject({
      code: 'metric-error',
      message: expect.stringContaining('the vault is closed'),
    })
  })
})
