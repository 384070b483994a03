import type {
  ApplyOptions,
  DeploymentTarget,
  ObservedTarget,
  TargetCheck,
} from '../../../deployment-target/contract.ts'
import { priorities } from '../../../reconcile/priority.ts'
import type { Key } from '../../../resources/metadata.ts'
import type { ToldTarget } from '../../../rollout/shell/told-target.ts'
import type { CallTimeouts } from '../../call-timeouts.ts'
import type { TargetWords } from '../hide-secrets.ts'
import { sweepEveryMs } from '../orphans.ts'
import { itemsUntil } from './guarded-items.ts'
import type { GuardedPart } from './guarded-part.ts'
import {
  appliedProblem,
  checkedProblem,
  destroyedProblem,
  keysProblem,
  observationProblem,
  observationsProblem,
} from './shapes/target-shapes.ts'
import { LooksTogether, type LooksTogetherOptions } from './shared/looks-together.ts'

export interface GuardTargetOptions {
  /** Only so many deployments may call at the same time. */
  readonly limited: boolean
  /** Keeps the secrets of deployments out of what the target says. */
  readonly words: TargetWords
  /** How looks of a resync are made together, where the target can. */
  readonly together: Pick<LooksTogetherOptions, 'clock' | 'togetherMs' | 'most'>
}

type DestroyResult = Awaited<ReturnType<DeploymentTarget['destroy']>>

export interface GuardedTarget extends ToldTarget {
  /** Ends within `limitMs`, when that is less than the plane's own limits. */
  standDown(limitMs?: number): Promise<void>
}

/**
 * The same target, with limits on its calls. With `limited`, only so many deployments may call it at the same
 * time: the loop's calls are limited, those of people are not.
 */
export function guardTarget(
  part: GuardedPart,
  target: DeploymentTarget,
  { observeMs, applyMs, destroyMs, standDownMs }: CallTimeouts,
  { limited, words, together }: GuardTargetOptions,
): GuardedTarget {
  const keyOf = (key: Key): Key | undefined => (limited ? key : undefined)
  const observe: DeploymentTarget['observe'] = (key, options) =>
    part.call({
      verb: 'observe',
      limitMs: observeMs,
      abortSignal: options?.abortSignal,
      key: keyOf(key),
      ...words.observed(new Map([[key, options?.applied ?? []]])),
      run: async (abortSignal) => target.observe(key, { ...options, abortSignal }),
      wrong: observationProblem,
    })
  const looks = looksTogether(part, target, { observeMs, limited, words, together, observe })
  return {
    get capabilities() {
      return target.capabilities
    },
    checkSettings: (settings) => target.checkSettings(settings),
    ...(target.protocols !== undefined && { protocols: target.protocols.bind(target) }),
    plan: (want, observed) => target.plan(want, observed),
    ...(target.check !== undefined && {
      check: (key, want, options) =>
        part.call<TargetCheck>({
          verb: 'check',
          limitMs: observeMs,
          abortSignal: options?.abortSignal,
          ...words.checked(new Map([[key, want.revisions]])),
          run: async (abortSignal) =>
            (await target.check?.(key, want, { abortSignal })) ?? { kind: 'accepted', warnings: [] },
          wrong: checkedProblem,
        }),
    }),
    apply(key, want, { applied = [], ...options }) {
      const ofSecrets = new Set<unknown>()
      const secret: ApplyOptions['secret'] = async (reference) => {
        try {
          return await options.secret(reference)
        } catch (error) {
          ofSecrets.add(error)
          throw error
        }
      }
      const about = new Map([[key, [...want.revisions, ...applied]]])
      return part.call({
        verb: 'apply',
        limitMs: applyMs,
        abortSignal: options.abortSignal,
        key: keyOf(key),
        ...words.changed('apply', about, (error) => ofSecrets.has(error)),
        run: async (abortSignal) => target.apply(key, want, { ...options, secret, abortSignal }),
        wrong: appliedProblem,
      })
    },
    observe(key, options) {
      // What a person asked for, and what moves, does not wait for others.
      if (looks === undefined || part.priorityOf(key) !== priorities.resync) return observe(key, options)
      const { abortSignal, ...seen } = options ?? {}
      return part.aside('observe', key, looks.observe(key, seen), abortSignal)
    },
    list: (options) =>
      part.call({
        verb: 'list',
        everyMs: sweepEveryMs,
        limitMs: observeMs,
        abortSignal: options?.abortSignal,
        run: (abortSignal) => target.list({ abortSignal }),
        wrong: keysProblem,
      }),
    destroy: (key, { applied, ...options }) =>
      part.call<DestroyResult>({
        verb: 'destroy',
        limitMs: destroyMs,
        abortSignal: options.abortSignal,
        key: keyOf(key),
        ...words.changed<DestroyResult>('destroy', new Map([[key, applied]])),
        run: async (abortSignal) => target.destroy(key, { ...options, abortSignal }),
        wrong: destroyedProblem,
      }),
    ...(target.changes !== undefined && {
      changes: (abortSignal: AbortSignal) =>
        itemsUntil((signal) => target.changes?.(signal) ?? nothing(), abortSignal),
    }),
    standDown: async (limitMs = Infinity) => {
      if (target.standDown === undefined) return
      // A call that was ended for the caller may still be at work in the target.
      await part.quiet(Math.min(quietMs, limitMs / 2))
      await part.call({
        verb: 'standDown',
        limitMs: Math.min(standDownMs, limitMs / 2),
        run: () => target.standDown?.(),
      })
    },
  }
}

function looksTogether(
  part: GuardedPart,
  target: DeploymentTarget,
  {
    observeMs,
    limited,
    words,
    together,
    observe,
  }: GuardTargetOptions & Pick<CallTimeouts, 'observeMs'> & Pick<DeploymentTarget, 'observe'>,
): LooksTogether | undefined {
  if (!limited || target.observeMany === undefined) return undefined
  return new LooksTogether({
    ...together,
    alone: observe,
    async all(looks) {
      const [first, ...others] = [...looks.keys()]
      return part.call({
        verb: 'observeMany',
        sort: 'observe',
        limitMs: observeMs,
        key: first,
        others,
        ...words.observedMany(new Map(Array.from(looks, ([key, { applied = [] }]) => [key, applied]))),
        async run(abortSignal) {
          const each = Array.from(looks, ([key, seen]) => ({ ...seen, key }))
          return (await target.observeMany?.(each, { abortSignal })) ?? new Map<Key, ObservedTarget>()
        },
        wrong: observationsProblem,
      })
    },
  })
}

/** How long a target's calls may still take before it is told to stand down. */
const quietMs = 1000

async function* nothing(): AsyncIterable<never> {}
