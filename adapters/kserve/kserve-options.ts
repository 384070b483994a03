import { type Clock, type Key, ModelspineError, systemClock } from 'modelspine/adapter'
import type { KubernetesConnection } from '../shared/kubernetes/kubernetes-client.ts'

export interface KserveTargetOptions extends KubernetesConnection {
  /**
   * How KServe runs revisions. `knative`: two revisions of one predictor, `canaryTrafficPercent` between them.
   * `standard`: Deployments without Knative, several revisions in `spec.canary`.
   */
  readonly mode: 'knative' | 'standard'
  /** The namespace in Kubernetes of everything that this target makes. Default `default`. */
  readonly namespace?: string
  /** The format of models whose settings name none. */
  readonly modelFormat?: string
  /**
   * Whether each revision has an address of its own. Only then the router knows who answered. `revision` in the mode
   * `knative` (default): by tags. `revision` in the mode `standard`: by the Services inside the cluster. `service`
   * (default in the mode `standard`): the one address of the InferenceService.
   */
  readonly endpoints?: 'revision' | 'service'
  /** The address by which this process reaches a revision. Default: the one that the cluster says. */
  readonly address?: (place: KservePlace) => string
  /** How many revisions may exist side by side in the mode `standard`. Default 10. In the mode `knative` it is 2. */
  readonly maxRevisions?: number
  /** Beginnings of addresses that this cluster's storage can read, beside KServe's own: `models:`. */
  readonly storageSchemes?: readonly string[]
  /** How long a silent watch is waited for before it is begun anew, in milliseconds. Default 120,000. */
  readonly watchIdleMs?: number
  readonly clock?: Clock
}

/** Where the cluster says that a revision is. */
export interface KservePlace {
  readonly key: Key
  readonly revision: string
  /** An address of this revision alone, or of the InferenceService, as `endpoints` says. */
  readonly url: string
  /** The InferenceService's name. */
  readonly service: string
  readonly namespace: string
}

export interface KserveOptions {
  readonly mode: 'knative' | 'standard'
  readonly namespace: string
  readonly modelFormat: string | undefined
  readonly endpoints: 'revision' | 'service'
  readonly address: (place: KservePlace) => string
  readonly maxRevisions: number
  readonly storageSchemes: readonly string[]
  readonly watchIdleMs: number
  readonly clock: Clock
}

/** What KServe's own storage initializer reads. */
const ownSchemes = [
  'gs:',
  's3:',
  'pvc:',
  'file:',
  'https:',
  'http:',
  'hdfs:',
  'webhdfs:',
  'oci:',
  'oci+native:',
  'oci+fetch:',
  'hf:',
]

/** Throws `invalid-options` and names the field. */
export function checkKserveOptions(options: KserveTargetOptions): KserveOptions {
  const { mode, namespace = 'default', modelFormat, storageSchemes = [] } = options
  if (mode !== 'knative' && mode !== 'standard') throw wrong('mode', mode, 'write knative or standard')
  const { endpoints = mode === 'knative' ? 'revision' : 'service', watchIdleMs = 120_000 } = options
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) {
    throw wrong('namespace', namespace, 'write lower-case letters, digits and "-"')
  }
  if (modelFormat === '') throw wrong('modelFormat', modelFormat, 'write a format such as sklearn')
  if (endpoints !== 'revision' && endpoints !== 'service') {
    throw wrong('endpoints', endpoints, 'write revision or service')
  }
  const { maxRevisions = mode === 'knative' ? 2 : 10 } = options
  if (mode === 'knative' && maxRevisions !== 2) {
    throw wrong('maxRevisions', maxRevisions, 'KServe holds two in the mode knative: leave it out')
  }
  if (!(Number.isInteger(maxRevisions) && maxRevisions > 0)) {
    throw wrong('maxRevisions', maxRevisions, 'give a whole number above 0')
  }
  if (!(watchIdleMs > 0)) throw wrong('watchIdleMs', watchIdleMs, 'give milliseconds above 0')
  for (const scheme of storageSchemes) {
    if (!/^[a-z][a-z0-9+.-]*:$/.test(scheme)) {
      throw wrong('storageSchemes', scheme, 'write a scheme with its colon, such as models:')
    }
  }
  return {
    mode,
    namespace,
    modelFormat,
    endpoints,
    address: options.address ?? (({ url }) => url),
    maxRevisions,
    storageSchemes: [...ownSchemes, ...storageSchemes],
    watchIdleMs,
    clock: options.clock ?? systemClock,
  }
}

function wrong(field: string, value: unknown, remedy: string): ModelspineError {
  return new ModelspineError('invalid-options', `${field} is "${value}": ${remedy}`, { details: { field } })
}
