import type { ApplyOptions, ApplyResult, Key, Revision, TargetWant } from 'modelspine/adapter'
import type { Scene } from './scene.ts'

export const key: Key = 'default/churn'
export const secretValue = 'kserve-secret-41c7'

let operations = 0

export function callOptions(more: Partial<ApplyOptions> = {}): ApplyOptions {
  operations += 1
  return {
    operationId: `operation-${operations}`,
    fence: 1,
    secret: async () => ({ reveal: () => secretValue }),
    ...more,
  }
}

/** The weights in order. Without any, the first revision has all traffic. */
export function wantOf(revisions: readonly Revision[], weights: readonly number[] = [100]): TargetWant {
  const split = revisions.map(({ name }, place) => ({ revision: name, weight: weights[place] ?? 0 }))
  return { revisions, split, scale: { min: 1, max: 1 } }
}

/** Applies until nothing is left to do, while KServe does its part after each call. Gives the answers. */
export async function converge(
  { target, api }: Pick<Scene, 'target' | 'api'>,
  want: TargetWant,
  more: Partial<ApplyOptions> = {},
): Promise<readonly ApplyResult['kind'][]> {
  const kinds: ApplyResult['kind'][] = []
  for (let call = 0; call < 20; call += 1) {
    const result = await target.apply(key, want, callOptions(more))
    kinds.push(result.kind)
    if (result.kind === 'refused' || result.kind === 'failed')
      throw new Error(`${result.reason}: ${result.message}`)
    if (result.kind === 'unchanged') return kinds
    api.kserve.reconcile(true)
  }
  throw new Error('apply is not unchanged after 20 calls')
}
