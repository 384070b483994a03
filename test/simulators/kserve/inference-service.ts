/** What the simulator reads and writes of KServe's InferenceService. */

export interface InferenceService {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly generation: number
    readonly resourceVersion: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly finalizers?: readonly string[]
    readonly deletionTimestamp?: string
  }
  readonly spec: ServiceSpec
  readonly status?: ServiceStatus
}

export interface ServiceSpec {
  readonly predictor: Predictor
  /** Standard mode only. */
  readonly canary?: readonly { readonly predictor: Predictor; readonly trafficPercent: number }[]
}

export interface Predictor {
  readonly name?: string
  /** Knative mode only: it is ignored in Standard mode. */
  readonly canaryTrafficPercent?: number
  readonly minReplicas?: number
  readonly maxReplicas?: number
  readonly scaleTarget?: number
  readonly scaleMetric?: string
  readonly autoScaling?: object
  readonly annotations?: Readonly<Record<string, string>>
  readonly model?: { readonly storageUri?: string }
}

export type DeploymentMode = 'Knative' | 'Standard'

export interface ServiceStatus {
  readonly observedGeneration?: number
  readonly conditions: readonly Condition[]
  readonly url?: string
  readonly address?: { readonly url: string }
  readonly components: { readonly predictor: ComponentStatus }
  readonly modelStatus: ModelStatus
  readonly canaryStatuses?: readonly CanaryStatus[]
  readonly deploymentMode: DeploymentMode
}

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

export interface ComponentStatus {
  readonly latestCreatedRevision?: string
  readonly latestReadyRevision?: string
  readonly latestRolledoutRevision?: string
  readonly previousRolledoutRevision?: string
  readonly traffic?: readonly TrafficTarget[]
  readonly url?: string
}

export interface TrafficTarget {
  readonly revisionName?: string
  readonly latestRevision: boolean
  readonly percent: number
  readonly tag?: string
  readonly url?: string
}

export interface ModelStatus {
  readonly transitionStatus: 'UpToDate' | 'InProgress' | 'BlockedByFailedLoad'
  readonly states: { readonly activeModelState: ModelState; readonly targetModelState: ModelState }
  readonly copies: { readonly failedCopies: number; readonly totalCopies: number }
  readonly lastFailureInfo?: FailureInfo
}

export type ModelState = '' | 'Pending' | 'Loading' | 'Loaded' | 'FailedToLoad'

export interface FailureInfo {
  readonly reason: 'ModelLoadFailed'
  readonly message: string
  readonly exitCode: number
  readonly time: string
}

export interface CanaryStatus {
  readonly name: string
  readonly ready: boolean
  readonly trafficPercent: number
  readonly modelStatus: ModelStatus
}

const modeAnnotation = 'serving.kserve.io/deploymentMode'

/** Without the annotation the mode is KServe's own default. The older names are Serverless and RawDeployment. */
export function modeOf({ metadata }: InferenceService, otherwise: DeploymentMode): DeploymentMode {
  const told = metadata.annotations?.[modeAnnotation]
  if (told === undefined) return otherwise
  return told === 'Standard' || told === 'RawDeployment' ? 'Standard' : 'Knative'
}

/** Whether each entry of the traffic is to have an address of its own. */
export function routesByTag({ metadata }: InferenceService): boolean {
  return metadata.annotations?.['serving.kserve.io/enable-tag-routing'] === 'true'
}
