import type { Clock, NewModelVersion } from 'modelspine/adapter'
import { wrongOption } from '../../shared/wrong-option.ts'
import type { VertexConnection } from '../vertex-client.ts'

export interface VertexRegistryOptions extends VertexConnection {
  /** This registry's name in the plane's `registries`. Default `vertex`. */
  readonly name?: string
  /**
   * What the artifact of a version says. `model` (default): the model in Vertex, which `vertexTarget` runs. `files`: the
   * folder in Cloud Storage, for targets with a runtime of their own.
   */
  readonly artifact?: 'model' | 'files'
  /** Names of the labels that hold what Vertex has no field for. */
  readonly labels?: Partial<VertexModelLabels>
  /** What `register` cannot be told and Vertex must know. Without it there is no `register`. */
  readonly container?: VertexContainer | ((fresh: NewModelVersion) => VertexContainer)
  /** The time between two polls of `changes`, in milliseconds, jittered by a fifth. `false`: never. Default 30,000. */
  readonly pollMs?: number | false
  readonly clock?: Clock
}

export interface VertexModelLabels {
  /** Default `approval`. Its values are `approved`, `rejected`, `pending`. */
  readonly approval: string
  /** Default `owner`. */
  readonly owner: string
  /** Default `classification`. */
  readonly classification: string
}

/** The container that serves a version. */
export interface VertexContainer {
  /** Of Artifact Registry: your own, or one of Google's for scikit-learn, XGBoost, TensorFlow or PyTorch. */
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Default: Vertex's own, 8080. */
  readonly port?: number
  readonly predictRoute?: string
  readonly healthRoute?: string
}

export interface VertexRegistrySettings {
  readonly name: string
  readonly artifact: 'model' | 'files'
  readonly labels: VertexModelLabels
  readonly container: ((fresh: NewModelVersion) => VertexContainer) | undefined
  /** Undefined: never. */
  readonly pollMs: number | undefined
}

/** By which `register` finds what it made. */
export const registrationLabel = 'modelspine_registration'

const defaults: VertexModelLabels = { approval: 'approval', owner: 'owner', classification: 'classification' }

/** Throws `invalid-options` and names the field. */
export function registrySettings(options: VertexRegistryOptions): VertexRegistrySettings {
  const { name = 'vertex', artifact = 'model', container, pollMs = 30_000 } = options
  if (artifact !== 'model' && artifact !== 'files') {
    throw wrongOption('artifact', `is "${String(artifact)}": write model or files`)
  }
  const labels = { ...defaults, ...options.labels }
  const taken = new Set<string>([registrationLabel])
  for (const [field, label] of Object.entries(labels)) {
    const fault = labelFault(label, '')
    if (fault !== undefined) throw wrongOption(`labels.${field}`, `is "${label}": ${fault}`)
    if (taken.has(label))
      throw wrongOption(`labels.${field}`, `is "${label}", which has another use: write another name`)
    taken.add(label)
  }
  if (pollMs !== false && !(pollMs > 0)) {
    throw wrongOption('pollMs', `is ${pollMs}: give milliseconds above 0, or false`)
  }
  return {
    name,
    artifact,
    labels,
    container: container && (typeof container === 'function' ? container : () => container),
    pollMs: pollMs === false ? undefined : pollMs,
  }
}

/** What keeps a label from being written. Google takes letters of other alphabets too, but no capitals. */
export function labelFault(name: string, value: string): string | undefined {
  if (!/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(name)) {
    return 'names of labels begin with a small letter, and have up to 63 small letters, digits, "_" and "-"'
  }
  if (!/^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value)) {
    return 'values of labels have up to 63 small letters, digits, "_" and "-"'
  }
  return undefined
}
