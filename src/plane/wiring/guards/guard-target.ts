import type { DeploymentTarget, ObservedTarget, ObserveOptions } from '../../../deployment-target/contract.ts'
import { priorities } from '../../../reconcile/priority.ts'
import type { Key } from '../../../resources/metadata.ts'
import type { CallTimeouts } from '../../call-timeouts.ts'
import { sweepEveryMs } from '../orphans.ts'
import { itemsUntil } from './guarded-items.ts'
import type { GuardedPart } from './guarded-part.ts'
import {
  appliedProblem,
  destroyedProblem,
  keysProblem,
  observationProblem,
  observationsProblem,
} from './shapes/target-shapes.ts'
import { LooksTogether, type LooksTogetherOptions } from './shared/looks-together.ts'

export interface GuardTargetOptions {
  /** Only so many deployments may call at the same time. */
  readonly limited: boolean
  /** Removes a deployment's secrets from an error. */
  clean(key: Key, error: unknown): unknown
  /** Makes a look, and removes a deployment's secrets from what it tells. */
  hide(
    key: Key,
    asked: Pick<ObserveOptions, 'applied'> & { readonly abortSignal: AbortSignal },
    look: () => Promise<ObservedTarget>,
  ): Promise<ObservedTarget>
  /** How looks of a resync are made together, where the target can. */
  readonly together: Pick<LooksTogetherOptions, 'clock' | 'togetherMs' | 'most'>
}

export interface GuardedTarget extends DeploymentTarget {
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
  { limited, clean, hide, together }: GuardTargetOptions,
): GuardedTarget {
  const keyOf = (key: Key): Key | undefined => (limited ? key : undefined)
  const observe: DeploymentTarget['observe'] = (key, options) =>
    part.call({
      verb: 'observe',
      limitMs: observeMs,
      abortSignal: options?.abortSignal,
      key: keyOf(key),
      clean: (error) => clean(key, error),
      run: (abortSignal) => {
        const asked = { ...options, abortSignal }
        return hide(key, asked, () => target.observe(key, asked))
      },
      wrong: observationProblem,
    })
  const looks = looksTogether(part, target, { observeMs, limited, clean, hide, together, observe })
  return {
    get capabilities() {
      return target.capabilities
    },
    checkSettings: (settings) => target.checkSettings(settings),
    ...(target.protocols !== undefined && { protocols: target.protocols.bind(target) }),
    plan: (want, observed) => target.plan(want, observed),
    apply: (key, want, options) =>
      part.call({
        verb: 'apply',
        limitMs: applyMs,
        abortSignal: options.abortSignal,
        key: keyOf(key),
        clean: (error) => clean(key, error),
        run: (abortSignal) => target.apply(key, want, { ...options, abortSignal }),
        wrong: appliedProblem,
      }),
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
    destroy: (key, options) =>
      part.call({
        verb: 'destroy',
        limitMs: destroyMs,
        abortSignal: options.abortSignal,
        key: keyOf(key),
        clean: (error) => clean(key, error),
        run: (abortSignal) => target.destroy(key, { ...options, abortSignal }),
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
    clean,
    hide,
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
        clean: (error) => [...looks.keys()].reduce((each, key) => clean(key, each), error),
        async run(abortSignal) {
          const each = Array.from(looks, ([key, seen]) => ({ ...seen, key }))
          const hidden = (key: Key, look: () => Promise<ObservedTarget>): Promise<ObservedTarget> =>
            hide(key, { ...looks.get(key), abortSignal }, look)
          let answers: ReadonlyMap<Key, ObservedTarget>
          try {
            answers = (await target.observeMany?.(each, { abortSignal })) ?? new Map()
          } catch (thrown) {
            let error: unknown = thrown
            for (const key of looks.keys()) {
              await hidden(key, () => Promise.reject(error)).catch((cleaned: unknown) => {
                error = cleaned
              })
            }
            throw error
          }
          if (!(answers instanceof Map)) return answers
          const clear = new Map<Key, ObservedTarget>()
          for (const [key, shown] of answers) clear.set(key, await hidden(key, async () => shown))
          return clear
        },
        wrong: observationsProblem,
      })
    },
  })
}

/** How long a target's calls may still take before it is told to stand down. */
const quietMs = 1000

async function* nothing(): AsyncIterable<never> {}
