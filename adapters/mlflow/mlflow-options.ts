import { type Approval, type Clock, ModelspineError } from 'modelspine/adapter'
import type { VendorConnection } from '../shared/vendor-client.ts'
import type { MlflowWebhooks } from './changes/mlflow-webhooks.ts'

export interface MlflowRegistryOptions extends VendorConnection {
  /** This registry's name in the plane's `registries`. Default `mlflow`. */
  readonly name?: string
  /** Names of the tags of versions that hold what MLflow has no field for. */
  readonly tags?: Partial<MlflowTags>
  /**
   * What the stages of older servers mean, for versions without a tag of approval:
   * `{ Production: 'approved', Archived: 'rejected' }`. Default: nothing.
   */
  readonly stages?: Readonly<Record<string, Approval>>
  /** The receiver of MLflow's webhooks, which feeds `changes`. Without it, `changes` polls. */
  readonly webhooks?: Pick<MlflowWebhooks, 'listen'>
  /**
   * The time between two polls of `changes`, in milliseconds, jittered by a fifth. `false`: never. Default 30,000;
   * with `webhooks` never.
   */
  readonly pollMs?: number | false
  /** How many versions have the facts remembered that never change. Default 10,000. */
  readonly rememberedVersions?: number
  readonly clock?: Clock
}

export interface MlflowTags {
  /** Its value is `approved`, `rejected`, `pending` or `unknown`. Default `modelspine.approval`. */
  readonly approval: string
  /** Default `modelspine.owner`. */
  readonly owner: string
  /** Default `modelspine.classification`. */
  readonly classification: string
}

const defaults: MlflowTags = {
  approval: 'modelspine.approval',
  owner: 'modelspine.owner',
  classification: 'modelspine.classification',
}

/** The other tags that `register` writes. */
export const ownTags = {
  /** Facts that MLflow keeps with runs, for versions that no run of this server made. */
  facts: 'modelspine.facts',
  /** A hash of what was registered, which finds it when the answer was lost. */
  registration: 'modelspine.registration',
} as const

export interface MlflowSettings {
  readonly name: string
  readonly tags: MlflowTags
  readonly stages: Readonly<Record<string, Approval>>
  /** Undefined: never. */
  readonly pollMs: number | undefined
  readonly rememberedVersions: number
}

/** Throws `invalid-options` and names the field. */
export function checkMlflowOptions(options: MlflowRegistryOptions): MlflowSettings {
  const { name = 'mlflow', stages = {}, webhooks, rememberedVersions = 10_000 } = options
  const { pollMs = webhooks === undefined ? 30_000 : false } = options
  const tags = { ...defaults, ...options.tags }
  const taken = new Set<string>(Object.values(ownTags))
  for (const [field, tag] of Object.entries(tags)) {
    // MLflow's filters know no escape for quotes.
    if (!/^[^'"`/]{1,250}$/.test(tag))
      throw wrong(`tags.${field}`, tag, 'write a name without quotes and "/"')
    if (taken.has(tag)) throw wrong(`tags.${field}`, tag, 'it has another use: write another name')
    taken.add(tag)
  }
  for (const [stage, approval] of Object.entries(stages)) {
    if (!approvals.has(approval))
      throw wrong(`stages.${stage}`, approval, `write ${[...approvals].join(', ')}`)
  }
  if (pollMs !== false && !(pollMs > 0)) throw wrong('pollMs', pollMs, 'give milliseconds above 0, or false')
  if (!(Number.isInteger(rememberedVersions) && rememberedVersions > 0)) {
    throw wrong('rememberedVersions', rememberedVersions, 'give a whole number above 0')
  }
  return { name, tags, stages, pollMs: pollMs === false ? undefined : pollMs, rememberedVersions }
}

export const approvals: ReadonlySet<string> = new Set<Approval>([
  'approved',
  'rejected',
  'pending',
  'unknown',
])

function wrong(field: string, value: unknown, remedy: string): ModelspineError {
  return new ModelspineError('invalid-options', `${field} is "${value}": ${remedy}`, { details: { field } })
}
