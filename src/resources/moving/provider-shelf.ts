import { plainName } from '../name-patterns.ts'
import { type FieldPath, formatPath } from '../problems/field-path.ts'
import { addressDoubt, addressOf } from './addresses.ts'
import type { Ledger, Reason } from './ledger.ts'
import type { MovedProvider } from './moved.ts'
import { looksSecret, variableOf } from './secret-values.ts'
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

/**
 * Collects providers. Two places of a config that name the same vendor, address, secrets and settings are one
 * provider. Secrets are compared here and given out as references only.
 */
export class ProviderShelf {
  readonly #ledger: Ledger
  readonly #byIdentity = new Map<string, number>()
  readonly #made: (MovedProvider & { paths: string[] })[] = []

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  get providers(): readonly MovedProvider[] {
    return this.#made
  }

  /** The name of the provider that the sketch is, made now or before. */
  nameOf(sketch: ProviderSketch): string {
    const { name, vendorWord, vendor, modelPrefix, baseUrl, secrets, settings, path } = sketch
    const identity = identityOf(sketch)
    const known = this.#byIdentity.get(identity)
    const at = known ?? this.#made.length
    const place = formatPath(path)
    const present = this.#made[at]
    if (present !== undefined) {
      if (!present.paths.includes(place)) present.paths.push(place)
      this.#book(at, present, sketch)
      return present.name
    }
    const free = this.#freeName(
      name !== undefined && plainName.test(name) && !looksSecret(name)
        ? name
        : (vendor?.name ?? slug(vendorWord)),
    )
    const address = addressOf(baseUrl?.value, vendor)
    const provider: MovedProvider & { paths: string[] } = {
      name: free,
      ...(vendorWord !== undefined && !looksSecret(vendorWord) && { vendor: vendorWord }),
      ...(vendor?.adapter !== undefined && { adapter: vendor.adapter }),
      ...(address !== undefined && { baseUrl: address }),
      ...(modelPrefix !== undefined && { modelPrefix }),
      secrets: this.#references(free, vendor, secrets),
      settings: Object.fromEntries(
        Object.entries(settings).flatMap(([option, { value }]) => {
          const text = settingOf(value)
          return text === undefined ? [] : [[option, text]]
        }),
      ),
      paths: [place],
    }
    this.#byIdentity.set(identity, at)
    this.#made.push(provider)
    this.#book(at, provider, sketch)
    return free
  }

  #freeName(wanted: string): string {
    const taken = (name: string): boolean => this.#made.some((each) => each.name === name)
    let name = wanted
    for (let count = 2; taken(name); count += 1) name = `${wanted}-${count}`
    return name
  }

  #references(
    name: string,
    vendor: Vendor | undefined,
    secrets: Readonly<Record<string, Found>>,
  ): Readonly<Record<string, string>> {
    const references = Object.entries(secrets).map(([option, { value }]) => {
      const variable = variableOf(value) ?? suggested(name, option)
      return [option, `env:${variable}`] as const
    })
    if (references.length === 0 && vendor?.variable !== undefined) return { apiKey: `env:${vendor.variable}` }
    return Object.fromEntries(references)
  }

  /** Books the fields: also those of a provider that exists, because another place wrote them again. */
  #book(
    at: number,
    { secrets: references }: MovedProvider,
    { baseUrl, secrets, settings, vendor }: ProviderSketch,
  ): void {
    if (baseUrl !== undefined) {
      const doubt = addressDoubt(baseUrl.value, vendor)
      if (addressOf(baseUrl.value, vendor) !== undefined)
        this.#ledger.carry(baseUrl.path, `providers[${at}].baseUrl`)
      if (doubt !== undefined) this.#ledger.leave(baseUrl.path, doubt)
    }
    for (const [option, { value, path }] of Object.entries(settings)) {
      if (settingOf(value) !== undefined) this.#ledger.carry(path, `providers[${at}].settings.${option}`)
      else this.#ledger.leave(path, ['it may be a secret', 'Give it to the provider from a secret store.'])
    }
    for (const [option, { value, path, note }] of Object.entries(secrets)) {
      this.#ledger.carry(path, `providers[${at}].secrets.${option}`)
      if (note !== undefined) this.#ledger.leave(path, note)
      if (note !== undefined || variableOf(value) !== undefined) continue
      const variable = references[option]?.slice('env:'.length)
      this.#ledger.leave(path, [
        'a secret stands in the config; Modelspine takes references only',
        `Move it to a secret store, such as the variable ${variable}, and remove it here.`,
      ])
    }
  }
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

/** OpenAI's format at another address is another server that speaks it. */
export function atAddress(vendor: Vendor, baseUrl: Found | undefined): Vendor {
  if (vendor.adapter !== 'openai' || baseUrl === undefined) return vendor
  const { value } = baseUrl
  if (variableOf(value) === undefined && URL.parse(String(value))?.host === 'api.openai.com') return vendor
  return { name: 'openai-compatible', adapter: 'openai-compatible' }
}

/** `OPENAI_2_API_KEY`, where a config has the secret itself. */
function suggested(name: string, option: string): string {
  const words = `${name}_${option.replaceAll(/[A-Z]/g, (letter) => `_${letter}`)}`
  return words.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')
}

function slug(word: string | undefined): string {
  const name = (word ?? '')
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 50)
  return name === '' || looksSecret(name) ? 'vendor' : name
}

/** Undefined for what may be a secret, or is no single value. */
function settingOf(value: unknown): string | undefined {
  const variable = variableOf(value)
  if (variable !== undefined) return `env:${variable}`
  if (typeof value === 'object' || looksSecret(String(value))) return undefined
  return String(value)
}
