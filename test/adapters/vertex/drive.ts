import type { ApplyOptions, ApplyResult, Key, Revision, TargetWant } from 'modelspine/adapter'
import type { TargetScene } from './target-scene.ts'

export const key: Key = 'default/churn'

let effects = 0

export function callOptions(more: Partial<ApplyOptions> = {}): ApplyOptions {
  effects += 1
  return {
    operationId: `effect-${effects}`,
    fence: 1,
    secret: async () => {
      throw new Error('no secrets')
    },
    ...more,
  }
}

/** The weights of the revisions, in their order. Default: all for the first. */
export function wantOf(revisions: readonly Revision[], weights: readonly number[] = [100]): TargetWant {
  const split = revisions.flatMap(({ name }, place) => {
    const weight = weights[place] ?? 0
    return weight === 0 ? [] : [{ revision: name, weight }]
  })
  return { revisions, split, scale: { min: 1, max: 1 } }
}

/** Applies as the loop does, with all operations ended between two calls. Gives the handles. */
export async function converge(
  { target, vertex }: TargetScene,
  want: TargetWant,
  known: readonly string[] = [],
  more: Partial<ApplyOptions> = {},
): Promise<string[]> {
  const handles = [...known]
  for (let call = 0; call < 30; call += 1) {
    const result = await target.apply(key, want, callOptions({ handles, ...more }))
    if (result.kind === 'accepted' && result.handle !== undefined) handles.push(result.handle)
    vertex.world.advance(Number.POSITIVE_INFINITY)
    if (result.kind === 'unchanged') return handles
    if (result.kind === 'refused') throw new Error(result.message)
  }
  throw new Error('apply does not come to an end')
}

/** Destroys as the loop does. Gives the kinds of its answers. */
export async function destroyAll(
  { target, vertex }: TargetScene,
  handles: readonly string[] = [],
): Promise<string[]> {
  const kinds: ApplyResult['kind'][] = []
  for (let call = 0; call < 30; call += 1) {
    const { kind } = await target.destroy(key, callOptions({ handles }))
    kinds.push(kind)
    vertex.world.advance(Number.POSITIVE_INFINITY)
    if (kind === 'unchanged') return kinds
  }
  throw new Error('destroy does not come to an end')
}
