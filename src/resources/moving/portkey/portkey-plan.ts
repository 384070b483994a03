import type { FieldPath } from '../../problems/field-path.ts'
import type { Ledger } from '../ledger.ts'
import { type Found, identityOf, type ProviderSketch } from '../provider-sketch.ts'
import {
  type Inherited,
  inherit,
  modeOf,
  ownModel,
  type PortkeyNode,
  pick,
  sketchOf,
  slugOf,
  targetsOf,
} from './portkey-target.ts'

/** A target that asks one model. */
export interface Leaf {
  readonly sketch: ProviderSketch
  readonly model: string
  readonly weight: number
  readonly path: FieldPath
  readonly from: {
    readonly model?: Found
    readonly provider?: Found
    readonly weight?: Found
    readonly timeout?: Found
  }
}

/** Who is asked first, one of several by weight; and who after a failure, in order. */
export interface PortkeyPlan {
  readonly heads: readonly Leaf[]
  readonly tail: readonly Leaf[]
  /** The modes that made it. */
  readonly modes: readonly FieldPath[]
}

/**
 * Reads nested strategies as one plan, where that means the same. What does not is left: a choice by weight among
 * fallbacks, fallbacks that only some of the targets have, conditions inside of a target.
 */
export class PortkeyPlanner {
  readonly #ledger: Ledger
  /** The model that requests name. */
  readonly #asked: string | undefined

  constructor(ledger: Ledger, asked: string | undefined) {
    this.#ledger = ledger
    this.#asked = asked
  }

  planOf(node: PortkeyNode, around: Inherited = {}): PortkeyPlan | undefined {
    const inherited = inherit(node, around)
    const mode = modeOf(node)
    const targets = targetsOf(node)
    if (mode === undefined || targets.length === 0) return this.#leaf(node, inherited)
    const strategy = pick(node, 'strategy')
    const modePath = strategy === undefined ? [] : [...strategy.path, 'mode']
    if (mode === 'single') {
      for (const { path } of targets.slice(1))
        this.#ledger.leave(path, ['the mode single asks the first target only'])
      return withMode(targets[0] && this.planOf(targets[0], inherited), modePath)
    }
    if (mode === 'fallback') return withMode(this.#inOrder(targets, inherited), modePath)
    if (mode === 'loadbalance') return withMode(this.#byWeight(targets, inherited), modePath)
    this.#ledger.leave(placeOf(node, 'strategy'), [
      mode === 'conditional'
        ? 'a route does not choose by what is in a request'
        : 'a route has no strategy of this name',
      'Write a route for each of its targets, and let the app ask the one that it means.',
    ])
    return undefined
  }

  #leaf(node: PortkeyNode, inherited: Inherited): PortkeyPlan | undefined {
    const own = ownModel(node, inherited)
    const model = slugOf(own?.value)?.model ?? (own === undefined ? this.#asked : String(own.value))
    const sketch = sketchOf(node, inherited)
    if (sketch === undefined) {
      // The whole of a config may be settings only, for a provider that the request names.
      if (node.path.length > 0) this.#ledger.leave(node.path, ['it names no provider', 'Name one.'])
      return undefined
    }
    if (model === undefined) {
      this.#ledger.leave(placeOf(node, 'provider'), [
        'it asks the model that each request names, and a route names its models',
        'Call it again with { models: [the names that clients send] }: each gets a route.',
      ])
      return undefined
    }
    const word = pick(node, 'provider')
    const weight = pick(node, 'weight')
    const from = {
      ...(own !== undefined && { model: own }),
      ...(word !== undefined && { provider: word }),
      ...(weight !== undefined && { weight }),
      ...(inherited.timeout !== undefined && { timeout: inherited.timeout }),
    }
    return { heads: [{ sketch, model, weight: 1, path: node.path, from }], tail: [], modes: [] }
  }

  #inOrder(targets: readonly PortkeyNode[], inherited: Inherited): PortkeyPlan | undefined {
    let plan: PortkeyPlan | undefined
    for (const target of targets) {
      const next = this.planOf(target, inherited)
      if (next === undefined) continue
      if (plan === undefined) plan = next
      else if (next.heads.length === 1) {
        const chain = [...next.heads, ...next.tail]
        for (const leaf of chain) {
          if (isIn(leaf, [...plan.heads, ...plan.tail]))
            this.#ledger.leave(leaf.path, ['a route calls each backend at most once for a request'])
        }
        plan = {
          heads: plan.heads,
          tail: distinct([...plan.tail, ...chain], plan.heads),
          modes: [...plan.modes, ...next.modes],
        }
      } else {
        this.#ledger.leave(target.path, [
          'fallbacks of a route are asked in their order, and this one chooses by weight',
          'Write its targets into fallback, if they may be asked in an order.',
        ])
      }
    }
    return plan
  }

  #byWeight(targets: readonly PortkeyNode[], inherited: Inherited): PortkeyPlan | undefined {
    const parts = targets.flatMap((target) => {
      const found = pick(target, 'weight')
      const weight = typeof found?.value === 'number' && found.value >= 0 ? found.value : 1
      const plan = this.planOf(target, inherited)
      return plan === undefined ? [] : [{ target, weight, found, plan }]
    })
    const [first] = parts
    if (first === undefined) return undefined
    const sameTail = parts.every(({ plan }) => sameLeaves(plan.tail, first.plan.tail))
    if (!sameTail) {
      for (const { plan } of parts) {
        for (const { path } of plan.tail) {
          this.#ledger.leave(path, [
            'the fallbacks of a route are for all of its backends, and this one is for some',
            'Write it into fallback, if it may answer for the others, too.',
          ])
        }
      }
    }
    const heads = parts.flatMap(({ plan, weight, found }) => {
      const total = plan.heads.reduce((sum, leaf) => sum + leaf.weight, 0) || 1
      return plan.heads.map((leaf) => ({
        ...leaf,
        weight: rounded((weight * leaf.weight) / total),
        from: { ...leaf.from, ...(found !== undefined && { weight: found }) },
      }))
    })
    const shared = heads.filter((leaf, place) => heads.findIndex((other) => same(leaf, other)) === place)
    return {
      heads: shared.map((leaf) => ({
        ...leaf,
        weight: rounded(heads.reduce((sum, other) => (same(leaf, other) ? sum + other.weight : sum), 0)),
      })),
      tail: sameTail ? distinct(first.plan.tail, shared) : [],
      modes: sameTail ? parts.flatMap(({ plan }) => plan.modes) : [],
    }
  }
}

/** Where to tell of an object. Of the whole config, only one field is told, because the others have reasons of their own. */
function placeOf(node: PortkeyNode, field: string): FieldPath {
  return node.path.length > 0 ? node.path : [field]
}

/** Whether some target asks the model that the request names. */
export function asksForModels(node: PortkeyNode, around: Inherited = {}): boolean {
  const inherited = inherit(node, around)
  const targets = targetsOf(node)
  if (modeOf(node) === undefined || targets.length === 0) {
    return sketchOf(node, inherited) !== undefined && ownModel(node, inherited) === undefined
  }
  return targets.some((target) => asksForModels(target, inherited))
}

function withMode(plan: PortkeyPlan | undefined, mode: FieldPath): PortkeyPlan | undefined {
  return plan && { ...plan, modes: [mode, ...plan.modes] }
}

export function same(one: Leaf, other: Leaf): boolean {
  return one.model === other.model && identityOf(one.sketch) === identityOf(other.sketch)
}

function isIn(leaf: Leaf, leaves: readonly Leaf[]): boolean {
  return leaves.some((other) => same(leaf, other))
}

function sameLeaves(some: readonly Leaf[], others: readonly Leaf[]): boolean {
  return (
    some.length === others.length &&
    some.every((leaf, place) => others[place] !== undefined && same(leaf, others[place]))
  )
}

function distinct(leaves: readonly Leaf[], others: readonly Leaf[]): readonly Leaf[] {
  return leaves.filter((leaf, place) => !isIn(leaf, others) && !isIn(leaf, leaves.slice(0, place)))
}

/** Products of weights without the last digits of binary fractions. */
function rounded(weight: number): number {
  return Number(weight.toFixed(6))
}
