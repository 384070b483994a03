/**
 * Says which file may import which. Each file belongs to one place, and each place names the places below it.
 * An import of any other place is refused. A file that belongs to no place is refused too.
 */

import { importsOf, type SourceFile } from './source-files.ts'

const contractRooms = [
  'registry',
  'policy',
  'deployment-target',
  'provider',
  'telemetry',
  'feedback',
  'cost',
  'security',
  'store',
] as const

const ground = ['errors', 'clock', 'json', 'hash', 'spellings', 'node-version']
const contracts = [...ground, 'resources', 'contract']
/** Below every room: helpers with which several rooms count. */
const shared = ['windows']
const rooms = [...contracts, ...shared, 'dialects', 'http', ...contractRooms]
const rollout = ['rollout/machine', 'rollout/gates', 'rollout/shell']
const upToRouting = [...rooms, 'reconcile', ...rollout, 'routing']

/** The places that each place may import besides itself. `rollout` is listed only by its sub-rooms. */
const below: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  clock: ['errors'],
  json: [],
  hash: ['errors'],
  spellings: [],
  'node-version': ['errors'],
  resources: ground,
  contract: contracts,
  windows: [...ground, 'resources'],
  dialects: contracts,
  http: contracts,
  ...Object.fromEntries(contractRooms.map((room) => [room, [...contracts, ...shared]])),
  reconcile: rooms,
  'rollout/machine': contracts,
  'rollout/gates': [...contracts, 'rollout/machine'],
  'rollout/shell': [...rooms, 'reconcile', 'rollout/machine', 'rollout/gates'],
  routing: [...rooms, 'reconcile'],
  plane: upToRouting,
  gateway: [...upToRouting, 'plane'],
  'ai-sdk': upToRouting,
  testing: contracts,
  'testing/simulator': [...upToRouting, 'plane', 'testing'],
  'users-door': [...upToRouting, 'plane'],
  'authors-door': rooms,
}

/** The packages that only one place may import. */
const keptFor: Readonly<Record<string, string>> = {
  undici: 'http',
  'p-retry': 'http',
  '@ai-sdk/provider': 'ai-sdk',
}

/** The packages that may be imported for their types only, so that nothing of them is loaded. */
const typesOnly: readonly string[] = ['@ai-sdk/provider']

/** The place of a path under src/ or adapters/, or undefined when the path has no place. */
export function placeOf(path: string): string | undefined {
  const [top, ...rest] = path.split('/')
  if (top === 'adapters') return rest.length > 1 ? `adapters/${rest[0]}` : undefined
  if (top !== 'src') return undefined
  if (rest.length === 1) return doors[rest[0] ?? '']
  const room = rest[0] ?? ''
  const subRoom = `${room}/${rest[1]}`
  if (rest.length > 2 && subRoom in below) return subRoom
  // A long contract is a folder beside its `contract.ts`.
  const isContract = rest[1] === 'contract.ts' || (rest.length === 3 && rest[1] === 'contract')
  if (isContract && contractRooms.some((name) => name === room)) return 'contract'
  return room in below && !ground.includes(room) && room !== 'contract' ? room : undefined
}

const doors: Readonly<Record<string, string>> = {
  'errors.ts': 'errors',
  'clock.ts': 'clock',
  'json.ts': 'json',
  'hash.ts': 'hash',
  'spellings.ts': 'spellings',
  'node-version.ts': 'node-version',
  'index.ts': 'users-door',
  'adapter.ts': 'authors-door',
}

/** Every breach as `path:line: reason`. `packages` are the names that package.json lets users install. */
export function floorBreaches(files: readonly SourceFile[], packages: readonly string[]): string[] {
  const breaches: string[] = []
  for (const file of files) {
    const place = placeOf(file.path)
    if (place === undefined) {
      breaches.push(`${file.path}:1: belongs to no floor`)
      continue
    }
    for (const { specifier, target, typeOnly, line } of importsOf(file)) {
      const reason = specifier.startsWith('.')
        ? relativeReason(place, target)
        : (packageReason(place, specifier, packages) ?? loadReason(specifier, typeOnly))
      if (reason !== undefined) breaches.push(`${file.path}:${line}: ${reason}`)
    }
  }
  return breaches
}

function relativeReason(place: string, target: string): string | undefined {
  const other = placeOf(target)
  if (other === undefined) return `${target} belongs to no floor`
  if (other === place || (place.startsWith('adapters/') && other === 'adapters/shared')) return undefined
  return below[place]?.includes(other) ? undefined : `${place} may not import ${other} (${target})`
}

function loadReason(specifier: string, typeOnly: boolean): string | undefined {
  return typesOnly.includes(specifier) && !typeOnly ? `${specifier} has only types to import` : undefined
}

function packageReason(place: string, specifier: string, packages: readonly string[]): string | undefined {
  if (specifier === '?') return 'a computed import cannot be checked'
  if (specifier.startsWith('node:')) return undefined
  if (specifier === 'modelspine/adapter' && place.startsWith('adapters/')) return undefined
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  if (name === 'modelspine') return `${place} may not import ${specifier}`
  const owner = keptFor[name]
  if (owner !== undefined && owner !== place) return `only ${owner} may import ${name}`
  return packages.includes(name) ? undefined : `${name} is no dependency of users`
}
