import { isRecord } from '../../../json.ts'
import type { CacheMark } from '../../../provider/contract.ts'

/** The mark for a cache that a block is. Undefined for any other block, and for a mark that says more than the contract can. */
export function markIn(block: unknown): CacheMark | undefined {
  if (!isRecord(block) || !isRecord(block.cachePoint) || Object.keys(block).length > 1) return undefined
  const { type, ttl, ...more } = block.cachePoint
  if (type !== 'default' || Object.keys(more).length > 0) return undefined
  if (ttl === undefined || ttl === null) return {}
  return typeof ttl === 'string' ? { ttl } : undefined
}
