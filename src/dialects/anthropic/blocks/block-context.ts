import type { JsonRecord } from '../../../json.ts'
import type { CacheMark, VendorOptions } from '../../../provider/contract.ts'
import type { Carriage } from '../../carriage.ts'
import { anthropicVendor, recordOf } from '../vendor.ts'

/** What is known of the block, message or tool that is being written. */
export interface BlockContext {
  /** The entry of `options` to send, besides that of the format's own vendor. */
  readonly vendor: string
  readonly carriage: Carriage
  /** Whether ids of files can be those of this vendor. A request in another format has the ids of another vendor. */
  readonly hasOwnFiles: boolean
  /** The place in the request, for refusals. */
  readonly path: string
}

interface Marked {
  readonly cacheMark?: CacheMark | undefined
  readonly options?: VendorOptions
}

/** What a block says besides its own fields: the mark of a cache, and options of this vendor. */
export function writeBesides({ cacheMark, options }: Marked, context: BlockContext): JsonRecord {
  const own = ownOptions(options, context)
  const { cache_control: more, ...others } = own
  if (cacheMark !== undefined) {
    return { ...others, cache_control: { ...recordOf(more), ...cacheControl(cacheMark, context) } }
  }
  // What was said of a mark that is gone would be half of one.
  return recordOf(more).type === undefined ? others : own
}

/** The options of this vendor. Those of others are told as left out. */
export function ownOptions(
  options: VendorOptions | undefined,
  { vendor, carriage, path }: BlockContext,
): JsonRecord {
  if (options === undefined) return {}
  const isForeign = (name: string): boolean => name !== anthropicVendor && name !== vendor
  if (Object.keys(options).some(isForeign)) carriage.approximate(`${path}.options`, 'left out')
  return { ...options[anthropicVendor], ...(vendor !== anthropicVendor && options[vendor]) }
}

function cacheControl({ ttl }: CacheMark, { carriage, path }: BlockContext): JsonRecord {
  if (ttl === undefined || ttl === '5m' || ttl === '1h') {
    return { type: 'ephemeral', ...(ttl !== undefined && { ttl }) }
  }
  carriage.approximate(`${path}.cacheMark`, 'kept for five minutes')
  return { type: 'ephemeral' }
}
