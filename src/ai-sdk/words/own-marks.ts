import type { SharedV4ProviderMetadata, SharedV4ProviderOptions } from '@ai-sdk/provider'
import { isRecord } from '../../json.ts'
import type { OpaquePart, ReasoningPart, VendorOptions } from '../../provider/contract.ts'
import { aiSdkVendor, ownName, splitOptions, vendorOptions } from './dialect.ts'

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

/** Vendors call the proof of a thought `signature`, and a hidden one `redactedData`. */
export function reasoningMarks(
  provided: SharedV4ProviderOptions | undefined,
): Pick<ReasoningPart, 'signature' | 'encrypted' | 'options'> {
  const own = ownMarks(provided)
  const signature = own.signature ?? found(provided, 'signature')
  const encrypted = own.encrypted ?? found(provided, 'redactedData')
  return {
    ...(typeof signature === 'string' ? { signature } : {}),
    ...(typeof encrypted === 'string' ? { encrypted } : {}),
    ...vendorOptions(provided),
  }
}

function found(provided: SharedV4ProviderOptions | undefined, name: string): unknown {
  for (const entry of Object.values(provided ?? {})) if (typeof entry[name] === 'string') return entry[name]
  return undefined
}

/** The same marks for the AI SDK, unless its own vendor's metadata has them already. */
export function reasoningMetadata(part: Pick<ReasoningPart, 'signature' | 'encrypted' | 'options'>): {
  readonly providerMetadata?: SharedV4ProviderMetadata
} {
  const given = part.options?.[aiSdkVendor] as SharedV4ProviderOptions | undefined
  const isNew = (name: string, value: string | undefined): string | undefined =>
    value !== undefined && found(given, name) === value ? undefined : value
  return metadataOf(part.options, {
    signature: isNew('signature', part.signature),
    encrypted: isNew('redactedData', part.encrypted),
  })
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
