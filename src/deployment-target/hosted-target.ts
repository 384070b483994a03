import { throwIfAborted } from '../errors.ts'
import type { Revision } from '../resources/deployment/revision.ts'
import type {
  DeploymentTarget,
  Impossible,
  ObservedRevision,
  TargetCapabilities,
  TargetWant,
} from './contract.ts'
import { type TargetRefusal, wantRefusal } from './want-refusal.ts'

const capabilities: TargetCapabilities = {
  maxRevisions: Number.MAX_SAFE_INTEGER,
  split: 'none',
  names: 'deterministic',
  fencing: 'none',
  attribution: 'address',
  scale: 'none',
  scaleToZero: false,
  mirror: false,
}

/** A hosted model has no settings. */
export interface NoSettings {
  readonly [setting: string]: 'a hosted model has no settings' & Impossible
}

/**
 * A target for models that a vendor already runs. It creates nothing, and every revision is ready at once.
 * The endpoint's protocol is the provider's name. Its address is empty, because the plane's provider knows
 * its vendor.
 *
 * The target has no memory and no store: `observe` answers from the revisions of `applied`, so a restart
 * changes nothing. It refuses a want with model files, environment, secrets, resources or a scale, because
 * the vendor decides these.
 */
export function hostedTarget(): DeploymentTarget<NoSettings> {
  return {
    capabilities,
    checkSettings: (settings) =>
      Object.keys(settings).map((field) => ({
        field,
        message: 'a hosted model has no settings: leave it out',
      })),
    protocols: (_settings, artifact) => (artifact?.kind === 'hosted' ? [artifact.provider] : undefined),
    plan: (want) => refusalOf(want) ?? { kind: 'steps', steps: [] },
    async apply(_key, want, { abortSignal }) {
      throwIfAborted(abortSignal, 'the call')
      return refusalOf(want) ?? { kind: 'unchanged' }
    },
    async observe(_key, { applied = [], abortSignal } = {}) {
      throwIfAborted(abortSignal, 'the call')
      return { revisions: applied.flatMap(observed), operations: [] }
    },
    async list({ abortSignal } = {}) {
      throwIfAborted(abortSignal, 'the call')
      return []
    },
    async destroy(_key, { abortSignal }) {
      throwIfAborted(abortSignal, 'the call')
      return { kind: 'unchanged' }
    },
  }
}

function refusalOf(want: TargetWant): TargetRefusal | undefined {
  const general = wantRefusal(want, capabilities)
  if (general !== undefined) return general
  for (const { model, runtime, settings } of want.revisions) {
    const name = `${model.registry}/${model.name}:${model.version}`
    if (model.artifact.kind !== 'hosted') {
      return refused(
        'ArtifactUnsupported',
        `${name} is made of files, but this target only takes models that a vendor runs: use another target`,
      )
    }
    const set = Object.entries({ ...runtime, settings }).find(([, values]) => Object.keys(values).length > 0)
    if (set !== undefined) {
      return refused(
        'RuntimeUnsupported',
        `${name} sets ${set[0]}, but a hosted model does not take it: leave ${set[0]} out`,
      )
    }
  }
  return undefined
}

function observed({ name, model }: Revision): readonly ObservedRevision[] {
  if (model.artifact.kind !== 'hosted') return []
  const { provider, model: vendorModel } = model.artifact
  return [
    { revision: name, state: 'ready', endpoint: { protocol: provider, address: '', model: vendorModel } },
  ]
}

function refused(reason: string, message: string): TargetRefusal {
  return { kind: 'refused', reason, message }
}
