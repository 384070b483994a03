import { type Clock, type Key, systemClock } from 'modelspine/adapter'
import { wrongOption } from '../../shared/wrong-option.ts'
import type { VertexConnection } from '../vertex-client.ts'

export interface VertexTargetOptions extends VertexConnection {
  /**
   * Endpoints that run already, by the keys of the deployments that take them over: `{ 'default/churn': '4711' }`. What
   * is deployed there serves on until a revision of ours has its traffic. They are not deleted with the deployment.
   * Other deployments get an endpoint of their own.
   */
  readonly endpoints?: Readonly<Record<Key, string>>
  /** Of the endpoints that the target makes: each gets a host name of its own, isolated from the traffic of others. */
  readonly dedicatedEndpoints?: boolean
  /** Of the endpoints that the target makes: a key of Cloud KMS, by its whole name. */
  readonly encryptionKey?: string
  /** Of the endpoints that the target makes: `projects/{number}/global/networks/{network}`, to which they are peered. */
  readonly network?: string
  /** Of the endpoints that the target makes, for bills and reports. */
  readonly labels?: Readonly<Record<string, string>>
  /** How many revisions may exist side by side. Default 10. */
  readonly maxRevisions?: number
  /** How long the loop waits before it asks again about an operation of Vertex, in milliseconds. Default 5000. */
  readonly pollMs?: number
  readonly clock?: Clock
}

export interface VertexTargetConfig {
  readonly endpoints: ReadonlyMap<Key, string>
  /** Members of an endpoint that is made. */
  readonly made: Readonly<Record<string, unknown>>
  readonly labels: Readonly<Record<string, string>>
  readonly maxRevisions: number
  readonly pollMs: number
  readonly clock: Clock
}

/** As Google wants labels, in the part of Unicode that is ASCII. */
const labelName = /^[a-z][a-z0-9_-]{0,62}$/
const labelValue = /^[a-z0-9_-]{0,63}$/

/** Throws `invalid-options`, and names the field. */
export function targetConfig(options: VertexTargetOptions): VertexTargetConfig {
  const { endpoints = {}, dedicatedEndpoints, encryptionKey, network, labels = {} } = options
  const { maxRevisions = 10, pollMs = 5000, clock = systemClock } = options
  for (const [key, id] of Object.entries(endpoints)) {
    if (!/^[^/]+\/[^/]+$/.test(key))
      throw wrongOption('endpoints', `has the key "${key}": write one such as default/churn`)
    if (!/^([a-z]([a-z0-9-]{0,61}[a-z0-9])?|[1-9]\d{0,19})$/.test(id)) {
      throw wrongOption(
        `endpoints.${key}`,
        `is "${id}": write the id of an endpoint, the last part of its name`,
      )
    }
  }
  const ids = Object.values(endpoints)
  const twice = ids.find((id, place) => ids.indexOf(id) !== place)
  if (twice !== undefined)
    throw wrongOption('endpoints', `has "${twice}" twice: an endpoint belongs to one deployment`)
  if (
    encryptionKey !== undefined &&
    !/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.test(encryptionKey)
  ) {
    throw wrongOption(
      'encryptionKey',
      `is "${encryptionKey}": write projects/…/locations/…/keyRings/…/cryptoKeys/…`,
    )
  }
  if (network !== undefined && !/^projects\/\d+\/global\/networks\/[^/]+$/.test(network)) {
    throw wrongOption(
      'network',
      `is "${network}": write projects/{number of the project}/global/networks/{name}`,
    )
  }
  if (network !== undefined && dedicatedEndpoints === true) {
    throw wrongOption('network', 'and dedicatedEndpoints exclude each other: leave one of them out')
  }
  for (const [name, value] of Object.entries(labels)) {
    if (!labelName.test(name) || name.startsWith('modelspine')) {
      throw wrongOption(
        `labels.${name}`,
        'is no name for a label: begin with a small letter, go on with small letters, digits, "_" and "-", and leave names that begin with modelspine to the target',
      )
    }
    if (!labelValue.test(value)) {
      throw wrongOption(
        `labels.${name}`,
        `is "${value}": write at most 63 small letters, digits, "_" and "-"`,
      )
    }
  }
  if (!(Number.isInteger(maxRevisions) && maxRevisions > 0)) {
    throw wrongOption('maxRevisions', `is ${maxRevisions}: give a whole number above 0`)
  }
  if (!(pollMs > 0)) throw wrongOption('pollMs', `is ${pollMs}: give milliseconds above 0`)
  return {
    endpoints: new Map(Object.entries(endpoints) as [Key, string][]),
    made: {
      ...(dedicatedEndpoints !== undefined && { dedicatedEndpointEnabled: dedicatedEndpoints }),
      ...(encryptionKey !== undefined && { encryptionSpec: { kmsKeyName: encryptionKey } }),
      ...(network !== undefined && { network }),
    },
    labels,
    maxRevisions,
    pollMs,
    clock,
  }
}
