import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KserveTargetOptions } from 'modelspine/adapters/kserve'
import { twoLives } from '../../../kill/staged/two-lives.ts'
import type { KubeAddress } from '../../servers/kube-apiserver.ts'
import { recordingProxy } from '../../support/recording-proxy.ts'
import { kserveWorld, servicesOf } from '../kserve-world.ts'
import { createdIn } from '../target-subject.ts'
import type { VictimOrders } from './orders.ts'

/** When the victim is killed: so long after it sent its so-manieth request to the Kubernetes API. */
export interface KillMoment {
  readonly request: number
  readonly delayMs: number
}

/** What the Kubernetes API and the simulator have in the end. The plane reports nothing of it. */
export interface KillEnd {
  readonly killed: boolean
  /** What is declared, without versions and generations. */
  readonly declared: readonly string[]
  /** The names of all objects of ours that are left. */
  readonly objects: readonly string[]
  /** Who wrote the InferenceService: manager and operation. */
  readonly writers: readonly string[]
  /** How often a revision was created, by the requests that the API answered well. */
  readonly created: number
  /** How many model servers the simulator started. */
  readonly started: number
  readonly traffic: readonly (readonly [files: string | undefined, percent: number])[]
  readonly requests: number
}

const script = join(import.meta.dirname, 'victim.ts')
/** A run that is not at its end by then has failed. */
const limitMs = 120_000

/** Plays the victim's stages to their end, with one kill and one more life. Without a moment it is not killed. */
export async function playKill(
  address: KubeAddress,
  mode: KserveTargetOptions['mode'],
  namespace: string,
  moment?: KillMoment,
): Promise<KillEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'modelspine-kserve-kill-'))
  const world = await kserveWorld(address, namespace)
  let seen = 0
  const proxy = await recordingProxy({
    ...address,
    onRequest() {
      seen += 1
      if (seen === moment?.request) lives.killIn(moment.delayMs)
    },
  })
  const orders: VictimOrders = { folder, url: proxy.url, token: address.userToken, namespace, mode }
  const lives = twoLives({ script, orders, limitMs })
  try {
    await lives.play()
    await world.simulator.settled()
    return await endOf()
  } finally {
    lives.end()
    await proxy.close()
    await world.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async function endOf(): Promise<KillEnd> {
    const listOf = async (path: string): Promise<readonly Listed[]> => {
      const { body } = await world.ask('GET', `${path}?labelSelector=app.kubernetes.io/managed-by=modelspine`)
      return (body as { readonly items: readonly Listed[] }).items
    }
    const core = `/api/v1/namespaces/${namespace}`
    const [services, records, secrets] = await Promise.all(
      [servicesOf(namespace), `${core}/configmaps`, `${core}/secrets`].map(listOf),
    )
    const all = [...(services ?? []), ...(records ?? []), ...(secrets ?? [])]
    const writers = (services ?? []).flatMap(({ metadata }) =>
      metadata.managedFields.map(({ manager, operation }) => `${manager} ${operation}`),
    )
    return {
      killed: lives.killed,
      declared: (services ?? []).map(({ spec }) => withoutGenerations(JSON.stringify(spec))),
      objects: all.map(({ metadata }) => metadata.name),
      writers: [...new Set(writers)].sort(),
      created: createdIn(proxy.requests),
      started: world.simulator.started(),
      traffic: (world.simulator.world('digits')?.shares ?? []).map(({ process, percent }) => [
        process.predictor.model?.storageUri,
        percent,
      ]),
      requests: seen,
    }
  }
}

interface Listed {
  readonly metadata: {
    readonly name: string
    readonly managedFields: readonly { readonly manager: string; readonly operation: string }[]
  }
  readonly spec?: unknown
}

/** A lineage says in which generation it was written, and a killed run may write once more. */
function withoutGenerations(text: string): string {
  return text.replace(/\\"generation\\":\d+/g, '\\"generation\\":0')
}
