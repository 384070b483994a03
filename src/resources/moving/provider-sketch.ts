import type { FieldPath } from '../problems/field-path.ts'
import type { Reason } from './ledger.ts'
import { variableOf } from './secret-values.ts'
import type { Vendor } from './vendors.ts'

/** A value of the config, and where it stands. */
export interface Found {
  readonly value: unknown
  readonly path: FieldPath
  /** Of a secret that is not in the config itself: what to tell. */
  readonly note?: Reason
}

/** What a config says of one provider. The values are those of the config, secrets included. */
export interface ProviderSketch {
  readonly name?: string
  readonly vendorWord?: string
  readonly vendor?: Vendor
  readonly modelPrefix?: string
  readonly baseUrl?: Found
  readonly secrets: Readonly<Record<string, Found>>
  readonly settings: Readonly<Record<string, Found>>
  readonly path: FieldPath
}

/** The same text for sketches of the same provider. It holds secrets: it is only for comparing. */
export function identityOf({ name, vendorWord, vendor, baseUrl, secrets, settings }: ProviderSketch): string {
  const values = (found: Readonly<Record<string, Found>>): unknown =>
    Object.entries(found)
      .map(([option, { value }]) => [option, value])
      .sort()
  return JSON.stringify([
    name,
    vendorWord,
    vendor?.name,
    vendor?.adapter,
    baseUrl?.value,
    values(secrets),
    values(settings),
  ])
}

/** OpenAI's format at another address is another server that speaks it. It keeps the host that OpenAI's key is for. */
export function atAddress(vendor: Vendor, baseUrl: Found | undefined): Vendor {
  if (vendor.adapter !== 'openai' || baseUrl === undefined) return vendor
  const { value } = baseUrl
  if (variableOf(value) === undefined && URL.parse(String(value))?.host === 'api.openai.com') return vendor
  return { ...vendor, name: 'openai-compatible', adapter: 'openai-compatible' }
}
