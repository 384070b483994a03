import { ModelspineError } from '../../../../src/errors.ts'
import type { ModelRegistry, ModelVersion } from '../../../../src/registry/contract.ts'
import { memoryRegistry } from '../../../../src/registry/memory-registry.ts'
import { pinned, startMs } from '../machine/fixtures.ts'
import type { World } from './world.ts'

/**
 * A registry with every capability. It records each call, and resolves every reference to the version of the
 * world.
 */
export function recordingRegistry(world: World): ModelRegistry {
  return new Proxy<ModelRegistry>(memoryRegistry({ versions: versions.map(([, version]) => version) }), {
    get(registry, name) {
      const member: unknown = Reflect.get(registry, name)
      if (typeof member !== 'function') return member
      return (...told: readonly unknown[]) => {
        world.registryCalls.push(String(name))
        return name === 'resolve' ? resolve(world) : member.apply(registry, told)
      }
    },
  })
}

const versions = [1, 2, 3, 4, 5].map((version): [number, ModelVersion] => [
  version,
  { ...pinned(version), createdAtMs: startMs, approval: 'approved', tags: {}, aliases: [] },
])
const known = new Map(versions)

async function resolve({ version, registryAway }: World): Promise<ModelVersion> {
  if (registryAway) throw new ModelspineError('registry-unavailable', 'connection refused')
  const found = known.get(version ?? 0)
  if (found === undefined) throw new ModelspineError('model-not-found', 'the alias points to nothing')
  return found
}
