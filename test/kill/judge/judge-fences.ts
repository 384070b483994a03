import type { Evidence } from '../evidence.ts'

/**
 * Checks that each call that could change a target was sent under the newest fence that the store had granted,
 * and that no target was told of a fence older than one that it had heard.
 */
export function judgeFences({ commits: { grants }, effects, cloud }: Evidence): readonly string[] {
  const faults: string[] = []
  if (effects.length === 0) faults.push('no call to a target was written down')
  for (const { kind, key, life, fence, atMs } of effects) {
    const newest = grants.findLast((grant) => grant.atMs <= atMs)?.fence
    if (fence !== newest) {
      faults.push(`a ${kind} of ${key} by process ${life} was sent under fence ${fence}, not under ${newest}`)
    }
  }
  for (const told of [effects, cloud.mutations]) {
    const highest = new Map<string, number>()
    for (const { kind, key, fence } of told) {
      const before = highest.get(key) ?? 0
      if (fence < before) faults.push(`a ${kind} of ${key} under fence ${fence} follows one under ${before}`)
      highest.set(key, Math.max(before, fence))
    }
  }
  return faults
}
