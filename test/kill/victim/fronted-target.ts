import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ApplyOptions,
  type DeploymentTarget,
  describeTargetStep,
  type Key,
  ModelspineError,
  type ObservedTarget,
  type Scale,
  type Split,
  splitKey,
  type TargetCapabilities,
  type TargetWant,
  targetSteps,
  wantRefusal,
} from 'modelspine/adapter'

/** The front before a key's processes, like a vendor's load balancer. It survives the plane. */
export interface Front {
  readonly fence: number
  readonly split: Split
  /** By revision. */
  readonly scales: Readonly<Record<string, Scale>>
  /** Every mutation, the oldest first. */
  readonly mutations: readonly FrontMutation[]
}

export interface FrontMutation {
  readonly kind: 'split' | 'scale' | 'destroy'
  readonly operationId: string
  readonly detail: unknown
}

const noFront: Front = { fence: 0, split: [], scales: {}, mutations: [] }
const oneProcess: Scale = { min: 1, max: 1 }

export function frontFile(folder: string, key: Key): string {
  const { namespace, name } = splitKey(key)
  return join(folder, `${namespace}.${name}.json`)
}

export function readFront(folder: string, key: Key): Front {
  const path = frontFile(folder, key)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Front) : noFront
}

/**
 * A target that splits and scales, over a target that does neither. So a kill can hit every kind of effect.
 */
export function frontedTarget(inner: DeploymentTarget, folder: string): DeploymentTarget {
  const capabilities: TargetCapabilities = { ...inner.capabilities, split: 'percent' }

  async function write(key: Key, front: Front): Promise<void> {
    const path = frontFile(folder, key)
    await mkdir(folder, { recursive: true })
    await writeFile(`${path}.new`, JSON.stringify(front))
    await rename(`${path}.new`, path)
  }

  async function mutate(
    key: Key,
    { operationId, fence }: Pick<ApplyOptions, 'operationId' | 'fence'>,
    kind: FrontMutation['kind'],
    change: Partial<Pick<Front, 'split' | 'scales'>>,
  ): Promise<{ readonly kind: 'accepted' }> {
    const front = readFront(folder, key)
    if (fence < front.fence)
      throw new ModelspineError('fence-stale', `fence ${fence} is older than ${front.fence}`)
    const mutations = [...front.mutations, { kind, operationId, detail: change }]
    await write(key, { ...front, ...change, fence, mutations })
    return { kind: 'accepted' }
  }

  function withFront(key: Key, observed: ObservedTarget): ObservedTarget {
    const { split, scales } = readFront(folder, key)
    return {
      ...observed,
      revisions: observed.revisions.map((each) => {
        const scale = scales[each.revision]
        const weight = split.find(({ revision }) => revision === each.revision)?.weight ?? 0
        return { ...each, weight, ...(scale !== undefined && { scale }) }
      }),
    }
  }

  const within = (want: TargetWant): TargetWant => ({ ...want, scale: oneProcess })

  return {
    ...inner,
    capabilities,
    observe: async (key, options) => withFront(key, await inner.observe(key, options)),
    plan(want, observed) {
      const refusal = wantRefusal(want, capabilities)
      if (refusal !== undefined) return refusal
      const plan = inner.plan(within(want), observed)
      if (plan.kind === 'refused') return plan
      return { kind: 'steps', steps: targetSteps(want, observed, capabilities).map(describeTargetStep) }
    },
    async apply(key, want, call) {
      const refusal = wantRefusal(want, capabilities)
      if (refusal !== undefined) return refusal
      const [step] = targetSteps(want, withFront(key, await inner.observe(key)), capabilities)
      const { scales } = readFront(folder, key)
      if (step?.kind === 'split') return mutate(key, call, 'split', { split: want.split })
      if (step?.kind === 'scale') {
        return mutate(key, call, 'scale', { scales: { ...scales, [step.revision]: want.scale } })
      }
      if (step?.kind === 'create' && scales[step.revision.name] === undefined) {
        // The scale is stored with the create. It is not shown while the revision does not exist.
        await write(key, {
          ...readFront(folder, key),
          scales: { ...scales, [step.revision.name]: want.scale },
        })
      }
      return inner.apply(key, within(want), call)
    },
    async destroy(key, call) {
      const { split } = readFront(folder, key)
      return split.length > 0
        ? mutate(key, call, 'destroy', { split: [], scales: {} })
        : inner.destroy(key, call)
    },
  }
}
