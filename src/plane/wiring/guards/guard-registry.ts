import { priorities } from '../../../reconcile/priority.ts'
import type { ModelRegistry, ModelVersion, RegistryCallOptions } from '../../../registry/contract.ts'
import { formatReference, type ModelReference } from '../../../resources/deployment/reference.ts'
import type { Key } from '../../../resources/metadata.ts'
import { itemsInTime, itemsUntil } from './guarded-items.ts'
import type { GuardedPart } from './guarded-part.ts'
import { versionProblem } from './shapes/reading-shapes.ts'
import type { SharedAnswers } from './shared/shared-answers.ts'

/** How the loop looks models up. */
export interface LoopLookups {
  /** Answers that several deployments with one reference may use. */
  readonly shared: SharedAnswers<ModelVersion>
  /** The deployment of a run with this signal; undefined for calls of people. */
  deploymentOf(abortSignal: AbortSignal | undefined): Key | undefined
}

/**
 * The same registry, with limits on its calls. A call says for which deployment it is by the signal of its
 * run.
 */
export function guardRegistry(
  part: GuardedPart,
  registry: ModelRegistry,
  { resolveMs }: { readonly resolveMs: number },
  { shared, deploymentOf }: LoopLookups,
): ModelRegistry {
  const resolve = (
    reference: ModelReference,
    abortSignal: AbortSignal | undefined,
    key: Key | undefined,
  ): Promise<ModelVersion> =>
    part.call({
      verb: 'resolve',
      limitMs: resolveMs,
      abortSignal,
      key,
      run: (signal) => registry.resolve(reference, { abortSignal: signal }),
      wrong: versionProblem,
    })
  /** A look-up of the loop. A look that nobody asked for uses the answer that another one got just now. */
  const lookUp = async (
    reference: ModelReference,
    abortSignal: AbortSignal | undefined,
    key: Key,
  ): Promise<ModelVersion> => {
    const question = formatReference(reference)
    const known = part.priorityOf(key) === priorities.user ? undefined : shared.find(question)
    if (known?.isThere() === true) return known.answer
    if (known !== undefined) return part.aside('resolve', key, known.answer, abortSignal)
    const answer = resolve(reference, undefined, key)
    shared.share(question, answer)
    return part.unlessAborted('resolve', answer, abortSignal)
  }
  const change = <Answer>(
    verb: string,
    options: RegistryCallOptions | undefined,
    run: (abortSignal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> =>
    part
      .call({
        verb,
        limitMs: resolveMs,
        abortSignal: options?.abortSignal,
        key: deploymentOf(options?.abortSignal),
        run,
      })
      .finally(() => shared.forget())
  const { setAlias, setApproval, setTags, register } = registry
  const nextOf =
    (verb: string, { abortSignal }: RegistryCallOptions) =>
    <Answer>(run: () => Promise<Answer>): Promise<Answer> =>
      part.call({ verb, limitMs: resolveMs, abortSignal, run })
  return {
    get capabilities() {
      return registry.capabilities
    },
    resolve(reference, options) {
      const key = deploymentOf(options?.abortSignal)
      return key === undefined
        ? resolve(reference, options?.abortSignal, undefined)
        : lookUp(reference, options?.abortSignal, key)
    },
    models: (options = {}) => itemsInTime(() => registry.models(options), nextOf('models', options)),
    versions: (model, options = {}) =>
      itemsInTime(() => registry.versions(model, options), nextOf('versions', options)),
    ...(setAlias !== undefined && {
      setAlias: (model, alias, version, options) =>
        change('setAlias', options, (abortSignal) =>
          setAlias.call(registry, model, alias, version, { ...options, abortSignal }),
        ),
    }),
    ...(setApproval !== undefined && {
      setApproval: (model, version, approval, options) =>
        change('setApproval', options, (abortSignal) =>
          setApproval.call(registry, model, version, approval, { ...options, abortSignal }),
        ),
    }),
    ...(setTags !== undefined && {
      setTags: (model, version, tags, options) =>
        change('setTags', options, (abortSignal) =>
          setTags.call(registry, model, version, tags, { ...options, abortSignal }),
        ),
    }),
    ...(register !== undefined && {
      register: (version, options) =>
        change('register', options, (abortSignal) =>
          register.call(registry, version, { ...options, abortSignal }),
        ),
    }),
    ...(registry.changes !== undefined && {
      async *changes(abortSignal: AbortSignal) {
        const hints = itemsUntil((signal) => registry.changes?.(signal) ?? nothing(), abortSignal)
        for await (const hint of hints) {
          shared.forget()
          yield hint
        }
      },
    }),
  }
}

async function* nothing(): AsyncIterable<never> {}
