import type { SharedV4ProviderMetadata, SharedV4ProviderOptions } from '@ai-sdk/provider'
import { isRecord } from '../../json.ts'
import type { OpaquePart, VendorOptions } from '../../provider/contract.ts'
import { aiSdkVendor, ownName, splitOptions } from './dialect.ts'

/**
 * What the AI SDK has no words for goes with a part under our name. The SDK gives it back with the next prompt. So a
 * signature, a refusal and another vendor's part survive the way through an app.
 */
export function ownMarks(provided: SharedV4ProviderOptions | undefined): Readonly<Record<string, unknown>> {
  return splitOptions(provided).own ?? {}
}

/** The metadata of a part: what came from the AI SDK, and these marks of ours. Marks that are undefined are left out. */
export function metadataOf(
  options: VendorOptions | undefined,
  marks: Readonly<Record<string, unknown>>,
): { readonly providerMetadata?: SharedV4ProviderMetadata } {
  const own = Object.fromEntries(Object.entries(marks).filter(([, mark]) => mark !== undefined))
  const others = options?.[aiSdkVendor] as SharedV4ProviderMetadata | undefined
  if (Object.keys(own).length === 0) return others === undefined ? {} : { providerMetadata: others }
  return { providerMetadata: { ...others, [ownName]: own } as SharedV4ProviderMetadata }
}

/** Another vendor's part, kept whole in a custom part. Undefined for a custom part that is not ours. */
export function readForeign(
  kind: string,
  provided: SharedV4ProviderOptions | undefined,
): OpaquePart | undefined {
  const { opaque } = ownMarks(provided)
  if (!isRecord(opaque) || typeof opaque.vendor !== 'string') return undefined
  return {
    type: 'opaque',
    vendor: opaque.vendor,
    kind: kind.slice(opaque.vendor.length + 1),
    data: opaque.data,
  }
}

/** The custom part that keeps another vendor's part whole. */
export function writeForeign({ vendor, kind, data }: Pick<OpaquePart, 'vendor' | 'kind' | 'data'>): {
  readonly type: 'custom'
  readonly kind: `${string}.${string}`
  readonly providerMetadata: SharedV4ProviderMetadata
} {
  const opaque = { vendor, data: data ?? null }
  return {
    type: 'custom',
    kind: `${vendor}.${kind}`,
    providerMetadata: { [ownName]: { opaque } } as SharedV4ProviderMetadata,
  }
}
