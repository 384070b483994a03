import type { ModelRegistry, RegistryCallOptions } from '../../../registry/contract.ts'
import type { Key } from '../../../resources/metadata.ts'
import { itemsInTime, itemsUntil } from './guarded-items.ts'
import type { GuardedPart } from './guarded-part.ts'
import { versionProblem } from './reading-shapes.ts'

/**
 * The same registry, with limits on its calls. A call says for which deployment it is by the signal of its
 * run: `deploymentOf` gives undefined for calls of people.
 */
export function guardRegistry(
  part: GuardedPart,
  registry: ModelRegistry,
  { resolveMs }: { readonly resolveMs: number },
  deploymentOf: (abortSignal: AbortSignal | undefined) => Key | undefined,
): ModelRegistry {
  const change = <Answer>(
    verb: string,
    options: RegistryCallOptions | undefined,
    run: (abortSignal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> => part.call({ verb, limitMs: resolveMs, abortSignal: options?.abortSignal, run })
  const { setAlias, setApproval, setTags, register } = registry
  const nextOf =
    (verb: string, { abortSignal }: RegistryCallOptions) =>
    <Answer>(run: () => Promise<Answer>): Promise<Answer> =>
      part.call({ verb, limitMs: resolveMs, abortSignal, run })
  return {
    get capabilities() {
      return registry.capabilities
    },
    resolve: (reference, options) =>
      part.call({
        verb: 'resolve',
        limitMs: resolveMs,
        abortSignal: options?.abortSignal,
        key: deploymentOf(options?.abortSignal),
        run: (abortSignal) => registry.resolve(reference, { ...options, abortSignal }),
        wrong: versionProblem,
      }),
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
      changes: (abortSignal: AbortSignal) =>
        itemsUntil((signal) => registry.changes?.(signal) ?? nothing(), abortSignal),
    }),
  }
}

async function* nothing(): AsyncIterable<never> {}
