/**
 * The specs that `plane.deploy` and `plane.route` take. They are the inputs of src/resources with narrower
 * names: only the names that the plane has. Settings of a target have the target's own type.
 */

import type { DeploymentTarget, Impossible } from '../deployment-target/contract.ts'
import type {
  AnalysisGateInput,
  BlueGreenStrategy,
  CanaryStep,
  ModelDeploymentSpecInput,
  RollingStrategy,
  RuntimeSettings,
} from '../resources/deployment/model-deployment.ts'
import type { ModelReference } from '../resources/deployment/reference.ts'
import type { ModelRouteSpecInput, RouteBackendInput } from '../resources/route/model-route.ts'
import type { DeclaredNames } from './declared-names.ts'

/** The names of one kind, or the reason why there are none. */
type Known<Name extends string, None extends string> = [Name] extends [never] ? None & Impossible : Name

/** `Gate` is the name of a gate that the same spec declares. */
export interface DeploymentSpecFor<Names extends DeclaredNames, Gate extends string>
  extends Omit<
    ModelDeploymentSpecInput,
    'model' | 'target' | 'runtime' | 'strategy' | 'analysis' | 'policies'
  > {
  /** `registry/name@alias`, `registry/name:version`, or the parts. */
  readonly model:
    | `${Known<Names['registries'], 'this plane has no registries'>}/${string}`
    | (ModelReference & { readonly registry: Names['registries'] })
  /** A target by name, or with settings of its own type. The name alone will do when no setting is needed. */
  readonly target: [keyof Names['targets']] extends [never]
    ? 'this plane has no targets' & Impossible
    : {
        readonly [Name in keyof Names['targets'] & string]: TargetChoice<
          Name,
          SettingsOf<Names['targets'][Name]>
        >
      }[keyof Names['targets'] & string]
  readonly runtime?: RuntimeFor<Names['secrets']>
  /** Default `{ rolling: {} }`. */
  readonly strategy?: StrategyFor<NoInfer<Gate>>
  readonly analysis?: readonly GateFor<Names['metrics'], Gate>[]
  readonly policies?: readonly Known<Names['policies'], 'this plane has no policies'>[]
}

type TargetChoice<Name extends string, Settings> =
  Readonly<Record<never, never>> extends Settings
    ? Name | { readonly name: Name; readonly settings?: Settings }
    : { readonly name: Name; readonly settings: Settings }

type SettingsOf<Target> =
  Target extends DeploymentTarget<infer Settings> ? (unknown extends Settings ? object : Settings) : never

export interface RuntimeFor<Secret extends string> extends Partial<Omit<RuntimeSettings, 'secrets'>> {
  /** Environment variable to secret reference such as `env:TOKEN`. */
  readonly secrets?: Readonly<
    Record<
      string,
      [Secret] extends [never] ? 'this plane has no secret stores' & Impossible : `${Secret}:${string}`
    >
  >
}

export type StrategyFor<Gate extends string> =
  | { readonly rolling: Partial<RollingStrategy> }
  | { readonly canary: { readonly steps: readonly StepFor<Gate>[] } }
  | { readonly blueGreen: BlueGreenFor<Gate> }

export type StepFor<Gate extends string> =
  | Exclude<CanaryStep, { readonly analyze: unknown }>
  | (Omit<Extract<CanaryStep, { readonly analyze: unknown }>, 'analyze'> & {
      readonly analyze: readonly Gate[]
    })

export interface BlueGreenFor<Gate extends string> extends Partial<Omit<BlueGreenStrategy, 'analyze'>> {
  readonly analyze?: readonly Gate[]
}

export interface GateFor<Metrics extends string, Gate extends string>
  extends Omit<AnalysisGateInput, 'name' | 'source'> {
  readonly name: Gate
  /** Default `plane`. */
  readonly source?: Metrics
}

export interface RouteSpecFor<Names extends DeclaredNames>
  extends Omit<ModelRouteSpecInput, 'backends' | 'fallback'> {
  readonly backends: readonly BackendFor<Names['providers']>[]
  /** Default none. */
  readonly fallback?: readonly BackendFor<Names['providers']>[]
}

export type BackendFor<Provider extends string> =
  | Extract<RouteBackendInput, { readonly deployment: string }>
  | (Omit<Extract<RouteBackendInput, { readonly provider: string }>, 'provider'> & {
      readonly provider: Known<Provider, 'this plane has no providers'>
    })
