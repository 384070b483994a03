import type { Duration } from '../duration.ts'
import type { Metadata, MetadataInput } from '../metadata.ts'
import type { ModelReference } from './reference.ts'

/** Declares a model, the target that runs it, how it is rolled out and the policies that must agree. */
export interface ModelDeployment {
  readonly apiVersion: 'modelspine.dev/v1alpha1'
  readonly kind: 'ModelDeployment'
  readonly metadata: Metadata
  readonly spec: ModelDeploymentSpec
}

export interface ModelDeploymentSpec {
  readonly model: ModelReference
  readonly target: TargetReference
  /** Part of the revision's hash: a change here makes a new revision. */
  readonly runtime: RuntimeSettings
  /** Not part of the revision: a change takes effect in place. */
  readonly scale: Scale
  readonly strategy: Strategy
  /** The gates that the strategy's steps refer to by name. */
  readonly analysis: readonly AnalysisGate[]
  /**
   * The chance that a revision which is as good as the stable one is turned back by chance, over the whole rollout.
   * The gates of all steps share it. Default 0.05.
   */
  readonly falseAlarms?: number
  /** Names of the plane's policy engines that must agree; empty means all of them. */
  readonly policies: readonly string[]
  /**
   * How long a rollout may go without progress before it is rolled back. Pauses that a person or a step asks
   * for do not count.
   */
  readonly deadline: Duration
  /**
   * How long a rollout waits for a person: for a promotion, for an approval, or for a decision about an
   * analysis without an answer. Then it is turned back, and a revision that has no traffic yet is aborted.
   */
  readonly answerWithin: Duration
  readonly onPromoted?: OnPromoted
}

/** What the registry is told once a revision is stable. */
export interface OnPromoted {
  /**
   * This alias of the model is pointed to the revision's version. Another alias than the one that `model` names,
   * because that one says what is to be deployed. Needs a registry whose aliases can be written.
   */
  readonly setAlias: string
}

export interface TargetReference {
  readonly name: string
  /** Checked by the target's own schema. */
  readonly settings: Readonly<Record<string, unknown>>
}

export interface RuntimeSettings {
  readonly env: Readonly<Record<string, string>>
  /** Environment variable → secret reference such as `env:TOKEN`. Only the reference is ever stored. */
  readonly secrets: Readonly<Record<string, string>>
  /** Requests such as `{ cpu: "2", memory: "4Gi", "nvidia.com/gpu": 1 }`, in the target's own units. */
  readonly resources: Readonly<Record<string, string | number>>
}

/** Replicas of each revision. `min: 0` needs a target that scales to zero. */
export interface Scale {
  readonly min: number
  readonly max: number
}

export type Strategy =
  | { readonly rolling: RollingStrategy }
  | { readonly canary: CanaryStrategy }
  | { readonly blueGreen: BlueGreenStrategy }

/** Moves traffic in equal steps while the new revision is observed ready. Has no gates. */
export interface RollingStrategy {
  /** Percent of traffic moved at a time, a whole number from 1 to 100. */
  readonly step: number
  /** Time between two steps. */
  readonly every: Duration
}

/** Does each step in turn. After the last step the candidate takes all traffic. */
export interface CanaryStrategy {
  readonly steps: readonly CanaryStep[]
}

export type CanaryStep =
  /** The candidate's weight from here on, in percent. */
  | { readonly weight: number }
  /** Waits this long, or until a person promotes. */
  | { readonly pause: Duration | 'until-promoted' }
  /**
   * Measures for this long. All named gates must pass at the end. A gate that surely fails ends the step
   * early.
   */
  | { readonly analyze: readonly string[]; readonly for: Duration }

/**
 * Starts the new revision beside the old one and switches all traffic at once. Then measures, and removes the
 * old one.
 */
export interface BlueGreenStrategy {
  /** With `false`, the rollout waits for `promote` before the switch. */
  readonly autoPromote: boolean
  /** Gates that are read after the switch. A failed gate switches back. */
  readonly analyze: readonly string[]
  /** How long the gates are read. */
  readonly for: Duration
  /** How long the old revision is kept running after the gates passed. */
  readonly keepPrevious: Duration
}

/** How the numbers of a gate are tested. All may be left out. */
export interface GateTesting {
  /**
   * A difference that is worth seeing, in the metric's unit: how much worse than the stable revision, or than the bound.
   * More than `by`.
   */
  readonly detect?: number
  /**
   * A revision that breaks the rule passes in a share of 1 − `power` of the cases at most, and a plan promises its times for a
   * share of `power`. From 0.5 to 0.999. Default 0.9.
   */
  readonly power?: number
  /** What happens when the step ended and the numbers show neither a pass nor a failure. Default `extend`. */
  readonly undecided?: Undecided
  /** The longest window of a step that is extended. Default twice the step's `for`. */
  readonly maxFor?: Duration
  /**
   * - `tested`, the default: a verdict is a statement of a test, with a stated rate of errors.
   * - `raw`: the plain numbers are compared at the end of the step.
   */
  readonly compare?: 'tested' | 'raw'
  /** Between what each single value of the metric lies. A mean of such values can be tested exactly. */
  readonly range?: GateRange
}

export interface AnalysisGate extends GateTesting {
  readonly name: string
  /** The metric that the source is asked for, such as `labels.accuracy` or `requests.errors`. */
  readonly metric: string
  /**
   * The plane's metric source that is asked. `plane` gives the plane's own measurements (requests, labels,
   * ratings).
   */
  readonly source: string
  /** With fewer samples than this, the gate neither passes nor fails. Needs a source that counts samples. */
  readonly minSamples: number
  readonly pass: GateRule
  /** Without enough data at the step's deadline: hold the rollout for a person, or fail it. */
  readonly noData: 'pause' | 'fail'
  /** When the source answers with an error at the step's deadline: the same choice. */
  readonly onError: 'pause' | 'fail'
}

/**
 * - `extend`: the step goes on, for `maxFor` in all; then a person is asked.
 * - `pause`: a person is asked.
 * - `pass`: the gate counts as passed.
 * - `fail`: the rollout is turned back.
 */
export type Undecided = 'extend' | 'pause' | 'pass' | 'fail'

export interface GateRange {
  readonly min: number
  readonly max: number
}

export type GateRule =
  | { readonly atLeast: number }
  | { readonly atMost: number }
  /**
   * Compares with the stable revision over the same interval. `by` is how much worse is still allowed, in the
   * metric's unit.
   */
  | { readonly noWorseThan: 'stable'; readonly by: number; readonly better: 'higher' | 'lower' }

/** The form that a person writes: short forms are allowed and defaults may be left out. */
export interface ModelDeploymentInput {
  readonly apiVersion?: 'modelspine.dev/v1alpha1'
  readonly kind?: 'ModelDeployment'
  readonly metadata: MetadataInput
  readonly spec: ModelDeploymentSpecInput
}

export interface ModelDeploymentSpecInput {
  /** `registry/name@alias`, `registry/name:version`, or the parts. */
  readonly model: string | ModelReference
  readonly target: string | { readonly name: string; readonly settings?: Readonly<Record<string, unknown>> }
  readonly runtime?: Partial<RuntimeSettings>
  /** Default `{ min: 1, max: 1 }`; `min` defaults to 1, and `max` to `min` or, where that is 0, to 1. */
  readonly scale?: Partial<Scale>
  /**
   * Default `{ rolling: {} }`. A canary's steps have no defaults. The other strategies have these defaults
   * inside: `rolling: { step: 25, every: '0s' }` and `blueGreen: { autoPromote: true, analyze: [], for: '1m',
   * keepPrevious: '1m' }`.
   */
  readonly strategy?:
    | { readonly rolling: Partial<RollingStrategy> }
    | { readonly canary: CanaryStrategy }
    | { readonly blueGreen: Partial<BlueGreenStrategy> }
  readonly analysis?: readonly AnalysisGateInput[]
  /** From 0.0001 to 0.5. Default 0.05. */
  readonly falseAlarms?: number
  readonly policies?: readonly string[]
  /** Default `30m`. */
  readonly deadline?: Duration
  /** Default `7d`. */
  readonly answerWithin?: Duration
  readonly onPromoted?: OnPromoted
}

export interface AnalysisGateInput extends GateTesting {
  readonly name: string
  readonly metric: string
  /** Default `plane`. */
  readonly source?: string
  /** Default 1. */
  readonly minSamples?: number
  readonly pass:
    | { readonly atLeast: number }
    | { readonly atMost: number }
    | {
        readonly noWorseThan: 'stable'
        /** Default 0. */
        readonly by?: number
        /** Not needed for the plane's own metrics, because it is known there. Needed for other metrics. */
        readonly better?: 'higher' | 'lower'
      }
  /** Default `pause`. */
  readonly noData?: 'pause' | 'fail'
  /** Default `pause`. */
  readonly onError?: 'pause' | 'fail'
}
