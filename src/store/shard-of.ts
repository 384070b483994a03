import type { Key } from '../resources/metadata.ts'

/** The place among `of` shards that all events of a key have. Keys spread evenly (FNV-1a, 32 bits). */
export function shardOf(key: Key, of: number): number {
  let hash = 0x811c9dc5
  for (let place = 0; place < key.length; place += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(place), 0x01000193)
  }
  return (hash >>> 0) % of
}
