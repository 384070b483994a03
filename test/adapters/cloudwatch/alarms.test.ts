import { describe, expect, it } from 'vitest'
import { failureOf, interval, minuteMs, type Scene, scene } from './scene.ts'

const alarms = {
  own: { alarm: '{deployment} {revision}' },
  all: { alarm: 'churn of {name}', watches: 'deployment', delayMs: 60_000 },
} as const
const covered = interval

async function alarmed(...states: readonly object[]): Promise<Scene> {
  const made = await scene({ alarms })
  made.simulator.alarms.push(...(states as Readonly<Record<string, unknown>>[]))
  return made
}

const own = (more: object): object => ({ AlarmName: 'default/churn one', ...more })

describe('an alarm as a metric', () => {
  it.each([
    ['OK', { kind: 'value', value: 0, covered }],
    ['ALARM', { kind: 'value', value: 1, covered }],
    ['INSUFFICIENT_DATA', { kind: 'no-data' }],
  ])('is %s', async (StateValue, reading) => {
    const { ask, source } = await alarmed(own({ StateValue }))
    expect(await ask('own')).toEqual(reading)
    expect(source.capabilities('own')).toEqual({ counts: false, routerMeasured: false, delayMs: 180_000 })
  })

  it('may be composite, and may watch a whole deployment', async () => {
    const { ask, source } = await alarmed({
      AlarmName: 'churn of churn',
      AlarmRule: 'x',
      StateValue: 'ALARM',
    })
    expect(await ask('all')).toMatchObject({ value: 1 })
    expect(source.capabilities('all').delayMs).toBe(60_000)
  })

  it('says nothing of an interval when it took its state on later', async () => {
    const lateMs = interval.toMs + 3 * minuteMs
    const at = (ms: number): object => own({ StateValue: 'OK', StateTransitionedTimestamp: ms / 1000 })
    expect(await (await alarmed(at(lateMs))).ask('own')).toMatchObject({ value: 0 })
    expect(await (await alarmed(at(lateMs + 1))).ask('own')).toEqual({ kind: 'no-data' })
    const updated = own({ StateValue: 'OK', StateUpdatedTimestamp: (lateMs + 1) / 1000 })
    expect(await (await alarmed(updated)).ask('own')).toEqual({ kind: 'no-data' })
  })

  it.each([
    ['is not there', { AlarmName: 'another' }, true, 'no alarm "default/churn one"'],
    [
      'cannot be evaluated now',
      own({ StateValue: 'OK', EvaluationState: 'EVALUATION_FAILURE' }),
      true,
      '_FAILURE',
    ],
    ['has only a part', own({ StateValue: 'OK', EvaluationState: 'PARTIAL_DATA' }), true, 'PARTIAL_DATA'],
    [
      'is declared wrong',
      own({ StateValue: 'OK', EvaluationState: 'EVALUATION_ERROR', StateReason: 'why' }),
      false,
      'EVALUATION_ERROR: why',
    ],
    ['has a state that is new', own({ StateValue: 'TIRED' }), true, 'TIRED'],
  ])('is an error when it %s', async (_what, alarm, retryable, words) => {
    const failure = await failureOf((await alarmed(alarm)).ask('own'))
    expect(failure).toMatchObject({ code: 'metric-error', retryable })
    expect(failure.message).toContain(words)
  })

  it('is refused when no alarm can have the name', async () => {
    const { ask } = await alarmed()
    const labels = { deployment: 'default/churn', revision: 'r'.repeat(255) }
    expect(await failureOf(ask('own', { labels }))).toMatchObject({ code: 'metric-error', retryable: false })
  })
})
