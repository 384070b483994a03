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
    ...(setAlias !== undefined && { setAlias: setAlias.bind(registry) }),
    ...(setApproval !== undefined && { setApproval: setApproval.bind(registry) }),
    ...(setTags !== undefined && { setTags: setTags.bind(registry) }),
    ...(register !== undefined && { register: register.bind(registry) }),
    ...(registry.changes !== undefined && {
      changes: (abortSignal: AbortSignal) =>
        itemsUntil((signal) => registry.changes?.(signal) ?? nothing(), abortSignal),
    }),
  }
}

async function* nothing(): AsyncIterable<never> {}
