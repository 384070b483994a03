import type { Clock } from 'modelspine/adapter'
import type { VersionRecord } from '../mlflow-api.ts'
import type { FoundFacts, MlflowFacts } from './mlflow-facts.ts'

/** How long facts are used that may still change, in milliseconds. */
const unsettledMs = 60_000

export interface FactsMemory {
  of(version: VersionRecord, read: () => Promise<FoundFacts>): Promise<MlflowFacts>
}

interface Remembered {
  readonly facts: MlflowFacts
  readonly untilMs: number
}

/** Remembers the facts of at most `limit` versions. Forgets first what was not asked for the longest. */
export function createFactsMemory(limit: number, clock: Clock): FactsMemory {
  const known = new Map<string, Remembered>()
  return {
    async of(version, read) {
      const key = identityOf(version)
      const before = known.get(key)
      if (before !== undefined && clock.monotonic() < before.untilMs) {
        known.delete(key)
        known.set(key, before)
        return before.facts
      }
      const { facts, isWhole } = await read()
      known.delete(key)
      known.set(key, { facts, untilMs: isWhole ? Number.POSITIVE_INFINITY : clock.monotonic() + unsettledMs })
      const [oldest] = known.keys()
      if (known.size > limit && oldest !== undefined) known.delete(oldest)
      return facts
    },
  }
}

/** Another version may get the same name and number after a model was deleted. */
function identityOf({ name, version, creation_timestamp, source, run_id, model_id }: VersionRecord): string {
  return JSON.stringify([name, version, creation_timestamp, source, run_id, model_id])
}
