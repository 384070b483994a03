import type { FieldPath } from '../../problems/field-path.ts'
import type { RouteTimeouts } from '../../route/model-route.ts'
import type { Ledger } from '../ledger.ts'
import { writtenDuration } from '../written-duration.ts'
import type { GroupMember } from './directory.ts'
import { type LitellmSettings, secondsOf } from './settings.ts'

/** What a route's request takes by default. */
const usualRequestSeconds = 60

/**
 * The timeouts of a route whose requests make `attempts` calls. LiteLLM's are for one call, so `request` leaves time for
 * all of them where the usual minute does not. A route has one limit for all of its backends: the longest.
 */
export function timeoutsOf(
  members: readonly GroupMember[],
  attempts: number,
  settings: LitellmSettings,
  ledger: Ledger,
  to: string,
): RouteTimeouts | undefined {
  const limit = (field: string, general: readonly string[], name: string): number | undefined => {
    const own = members.map(({ deployment }) => deployment.find(field))
    const found = own.map((each) => each ?? general.map((setting) => settings.find(setting)).find(Boolean))
    const read = found.flatMap((each): readonly { seconds: number; path: FieldPath }[] => {
      if (each === undefined) return []
      const seconds = secondsOf(each.value)
      if (seconds !== undefined) return [{ seconds, path: each.path }]
      ledger.leave(each.path, ['it is no number of seconds', `Write timeouts.${name} of the route.`])
      return []
    })
    if (read.length === 0) return undefined
    const longest = Math.max(...read.map(({ seconds }) => seconds))
    for (const { seconds, path } of read) {
      if (seconds === longest) ledger.carry(path, `${to}.${name}`)
      else ledger.leave(path, ['a route has one limit for all of its backends, and another one is longer'])
    }
    return longest
  }
  const attempt = limit('timeout', ['timeout', 'request_timeout'], 'attempt')
  const firstOutput = limit('stream_timeout', ['stream_timeout'], 'firstOutput')
  if (attempt === undefined && firstOutput === undefined) return undefined
  const whole = Math.max(attempt ?? 0, firstOutput ?? 0) * attempts
  return {
    ...(whole > usualRequestSeconds && { request: writtenDuration(whole * 1000) }),
    ...(attempt !== undefined && { attempt: writtenDuration(attempt * 1000) }),
    ...(firstOutput !== undefined && { firstOutput: writtenDuration(firstOutput * 1000) }),
  }
}
