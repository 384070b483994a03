import type { Interval, MetricReading } from 'modelspine/adapter'
import type { Alarm } from './cloudwatch-api.ts'
import { failure } from './cloudwatch-errors.ts'

/**
 * The state that an alarm has now, as the number of an interval. The alarm saw the end of the interval `delayMs` later.
 * A state that it took on after that is about what came after the interval, so the interval has no data.
 */
export function alarmReading(
  alarms: readonly Alarm[],
  name: string,
  asked: Interval,
  delayMs: number,
): MetricReading {
  const alarm = alarms.find(({ AlarmName }) => AlarmName === name)
  if (alarm === undefined) throw failure(`has no alarm "${name}"`)
  const { StateValue: state, StateReason: reason, EvaluationState: evaluation } = alarm
  if (evaluation) {
    const why = reason ? `: ${reason.slice(0, 500)}` : ''
    throw failure(
      `cannot evaluate the alarm "${name}": ${evaluation}${why}`,
      evaluation !== 'EVALUATION_ERROR',
    )
  }
  const sinceSeconds = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp ?? 0
  const isLater = sinceSeconds * 1000 > asked.toMs + delayMs
  switch (state) {
    case 'OK':
    case 'ALARM':
      if (isLater) return { kind: 'no-data' }
      return { kind: 'value', value: state === 'ALARM' ? 1 : 0, covered: asked }
    case 'INSUFFICIENT_DATA':
      return { kind: 'no-data' }
    default:
      throw failure(`answered the state ${String(state)} for the alarm "${name}"`)
  }
}
