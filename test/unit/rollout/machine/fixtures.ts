import type { ObservedRevision, TargetCapabilities } from '../../../../src/deployment-target/contract.ts'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import type {
  AnalysisGate,
  ModelDeploymentSpec,
  Strategy,
} from '../../../../src/resources/deployment/model-deployment.ts'
import type { PinnedModel, Revision } from '../../../../src/resources/deployment/revision.ts'
import type { Actor } from '../../../../src/resources/metadata.ts'
import { decide } from '../../../../src/rollout/machine/decide.ts'
import type {
  Analysis,
  Declared,
  Instruction,
  Observed,
} from '../../../../src/rollout/machine/machine-types.ts'
import { initialStatus } from '../../../../src/rollout/machine/status-edits.ts'
import { nameRevision } from '../../../../src/rollout/shell/revision-of.ts'

export const startMs: number = Date.UTC(2026, 0, 1)
export const ada: Actor = { name: 'ada' }

export const capabilities: TargetCapabilities = {
  maxRevisions: 10,
  split: 'none',
  names: 'deterministic',
  fencing: 'none',
  attribution: 'address',
  scaleToZero: true,
  mirror: false,
}

export function specWith(
  strategy: Strategy,
  rest: Partial<Omit<ModelDeploymentSpec, 'strategy'>> = {},
): ModelDeploymentSpec {
  return {
    model: { registry: 'memory', name: 'churn', alias: 'champion' },
    target: { name: 'prod', settings: {} },
    runtime: { env: {}, secrets: {}, resources: {} },
    scale: { min: 1, max: 1 },
    strategy,
    analysis: [],
    policies: [],
    deadline: '30m',
    answerWithin: '7d',
    ...rest,
  }
}

export function gateNamed(name: string, rest: Partial<AnalysisGate> = {}): AnalysisGate {
  return {
    name,
    metric: 'labels.accuracy',
    source: 'plane',
    minSamples: 1,
    pass: { atLeast: 0.9 },
    noData: 'pause',
    onError: 'pause',
    ...rest,
  }
}

export function pinned(version: number): PinnedModel {
  return {
    registry: 'memory',
    name: 'churn',
    version: String(version),
    artifact: { kind: 'files', files: [{ uri: `file:///models/churn-${version}.json` }] },
  }
}

/** The revision of a model version under a spec. */
export function revisionFor(version: number, spec: ModelDeploymentSpec): Revision {
  return nameRevision(pinned(version), spec)
}

export function observing(
  ...revisions: readonly (readonly [Revision, ObservedRevision['state'], Partial<ObservedRevision>?])[]
): Observed {
  return {
    revisions: revisions.map(([{ name }, state, rest]) => ({ revision: name, state, ...rest })),
    operations: [],
  }
}

export interface Situation {
  readonly spec: ModelDeploymentSpec
  readonly status?: DeploymentStatus
  readonly observed?: Observed
  readonly desired?: Revision
  readonly analysis?: Analysis
  readonly now?: number
  readonly declared?: Partial<Declared>
}

/** One instruction, with everything that is not said being ordinary. */
export function decideIn({
  spec,
  status,
  observed,
  desired,
  analysis,
  now,
  declared,
}: Situation): Instruction {
  return decide(
    {
      spec,
      generation: 1,
      actor: ada,
      capabilities,
      missing: [],
      ...(desired !== undefined && { desired }),
      ...declared,
    },
    status ?? initialStatus(startMs),
    observed ?? observing(),
    analysis ?? {},
    now ?? startMs,
  )
}
