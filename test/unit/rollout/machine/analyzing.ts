import type {
  DeploymentStatus,
  GateResult,
  Rollout,
} from '../../../../src/resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../../../src/resources/deployment/model-deployment.ts'
import type { Declared, Instruction } from '../../../../src/rollout/machine/machine-types.ts'
import { nameSteps, stepsOf } from '../../../../src/rollout/machine/strategy-steps.ts'
import { statusWith } from '../../../status.ts'
import { decideIn, observing, revisionFor, specWith, startMs } from './fixtures.ts'

type Analyzing = Extract<Rollout, { phase: 'analyzing' }>

/** A canary at weight 20 whose gates are measured for a minute, and that gets half of the traffic then. */
export interface Scene {
  readonly stable: string
  readonly candidate: string
  /** The status in the middle of the analysis, with these differences. */
  analyzing(rest?: Partial<Analyzing>, other?: Partial<DeploymentStatus>): DeploymentStatus
  /** What the machine says so long after the begin of the step. Without results, it asks for them. */
  at(
    ms: number,
    gates?: readonly GateResult[],
    status?: DeploymentStatus,
    declared?: Partial<Declared>,
  ): Instruction
}

export function sceneOf(...analysis: readonly AnalysisGate[]): Scene {
  const names = analysis.map(({ name }) => name)
  const spec = specWith(
    { canary: { steps: [{ weight: 20 }, { analyze: names, for: '1m' }, { weight: 50 }] } },
    { analysis },
  )
  const [v1, v2] = [revisionFor(1, spec), revisionFor(2, spec)]
  const observed = observing([v1, 'ready'], [v2, 'ready'])
  const analyzing: Scene['analyzing'] = (rest = {}, other = {}) => ({
    ...statusWith({
      target: 'prod',
      scale: { min: 1, max: 1 },
      stable: v1.name,
      steps: nameSteps(stepsOf(spec)),
      revisions: [v1, v2].map((revision) => ({ revision, state: 'ready', sinceMs: startMs })),
      split: [
        { revision: v1.name, weight: 80 },
        { revision: v2.name, weight: 20 },
      ],
      rollout: {
        phase: 'analyzing',
        revision: v2.name,
        step: 1,
        sinceMs: startMs,
        untilMs: startMs + 60_000,
        gates: [],
        ...rest,
      },
    }),
    ...other,
  })
  return {
    stable: v1.name,
    candidate: v2.name,
    analyzing,
    at: (ms, gates, status = analyzing(), declared = {}) =>
      decideIn({
        spec,
        desired: v2,
        status,
        observed,
        declared,
        analysis: gates === undefined ? {} : { gates },
        now: startMs + ms,
      }),
  }
}

export function result(
  gate: string,
  verdict: GateResult['verdict'],
  rest: Partial<GateResult> = {},
): GateResult {
  const conclusive = verdict === 'pass' || verdict === 'fail'
  return { gate, verdict, conclusive, message: `${gate} is ${verdict}`, ...rest }
}
