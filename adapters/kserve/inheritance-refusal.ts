import type { Revision, TargetRefusal } from 'modelspine/adapter'
import { buildPredictor } from './build-predictor.ts'
import type { KserveOptions } from './kserve-options.ts'
import { bareOf } from './lineage.ts'

/**
 * In the mode `standard` KServe merges a canary onto the main predictor: what the canary leaves out, it inherits. Then a
 * revision would run with settings that are not its own, until it is promoted.
 */
export function inheritanceRefusal(
  main: Revision,
  canary: Revision,
  options: KserveOptions,
): TargetRefusal | undefined {
  const bare = (revision: Revision): unknown => {
    const names = { service: '', record: '', secret: () => '' }
    return bareOf(buildPredictor(revision, { names, options, lineage: { generation: 1 } }))
  }
  const path = inherited(bare(main), bare(canary))
  if (path === undefined) return undefined
  return {
    kind: 'refused',
    reason: 'CanaryInherits',
    message: `revision ${main.name} sets ${path.join('.')} and revision ${canary.name} does not, but in the mode standard KServe gives a canary what it leaves out: set it in both`,
  }
}

/** The path of a value that is set here, and empty or missing there. Lists are taken as a whole. */
function inherited(here: unknown, there: unknown): readonly string[] | undefined {
  if (isEmpty(here)) return undefined
  if (isEmpty(there)) return []
  if (!isMembers(here) || !isMembers(there)) return undefined
  for (const [name, value] of Object.entries(here)) {
    const rest = inherited(value, there[name])
    if (rest !== undefined) return [name, ...rest]
  }
  return undefined
}

/** The merge takes an empty value for a missing one. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isMembers(value)) return Object.keys(value).length === 0
  return value === undefined || value === null || value === '' || value === 0 || value === false
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
