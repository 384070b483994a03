import { plainName } from '../name-patterns.ts'
import { formatPath } from '../problems/field-path.ts'
import { addressDoubt, addressOf } from './addresses.ts'
import type { Ledger } from './ledger.ts'
import type { MovedProvider } from './moved.ts'
import { identityOf, type ProviderSketch } from './provider-sketch.ts'
import { SecretNames } from './secret-names.ts'
import { looksSecret, variableOf, variablesIn } from './secret-values.ts'
import { isAtHome } from './vendors.ts'

/** A provider before its secrets have names, and all that the config says of it. */
interface Shelved {
  readonly provider: Omit<MovedProvider, 'secrets'>
  readonly paths: string[]
  readonly sketches: readonly [ProviderSketch, ...ProviderSketch[]]
}

/**
 * Collects providers. Two places of a config that name the same vendor, address, secrets and settings are one
 * provider. Secrets are compared here and given out as references only.
 */
export class ProviderShelf {
  readonly #ledger: Ledger
  readonly #byIdentity = new Map<string, number>()
  readonly #shelved: Shelved[] = []

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** The place of a provider among `providers`. */
  placeOf(name: string): number {
    return this.#shelved.findIndex(({ provider }) => provider.name === name)
  }

  /** The name of the provider that the sketch is, made now or before. */
  nameOf(sketch: ProviderSketch): string {
    const identity = identityOf(sketch)
    const at = this.#byIdentity.get(identity) ?? this.#shelved.length
    const place = formatPath(sketch.path)
    const present = this.#shelved[at]
    this.#book(at, sketch)
    if (present !== undefined) {
      if (!present.paths.includes(place)) present.paths.push(place)
      this.#shelved[at] = { ...present, sketches: [...present.sketches, sketch] }
      return present.provider.name
    }
    const { name, vendorWord, vendor, modelPrefix, baseUrl, settings } = sketch
    const free = this.#freeName(
      name !== undefined && plainName.test(name) && !looksSecret(name)
        ? name
        : (vendor?.name ?? slug(vendorWord)),
    )
    const address = addressOf(baseUrl?.value, vendor)
    const paths = [place]
    const provider = {
      name: free,
      ...(vendorWord !== undefined && !looksSecret(vendorWord) && { vendor: vendorWord }),
      ...(vendor?.adapter !== undefined && { adapter: vendor.adapter }),
      ...(address !== undefined && { baseUrl: address }),
      ...(modelPrefix !== undefined && { modelPrefix }),
      settings: Object.fromEntries(
        Object.entries(settings).flatMap(([option, { value }]) => {
          const text = settingOf(value)
          return text === undefined ? [] : [[option, text]]
        }),
      ),
      paths,
    }
    this.#byIdentity.set(identity, at)
    this.#shelved.push({ provider, paths, sketches: [sketch] })
    return free
  }

  /**
   * All providers, with references for their secrets, and what of the config's secrets is left. To be called once, when
   * no provider comes any more: a name for a secret may be no variable that another provider takes its own from.
   */
  finish(config: unknown): readonly MovedProvider[] {
    const usual = this.#shelved.flatMap(({ sketches: [sketch] }) => usualVariableOf(sketch) ?? [])
    const names = new SecretNames([...variablesIn(config), ...usual])
    return this.#shelved.map(({ provider, sketches }) => {
      const [first] = sketches
      const references = Object.fromEntries(
        Object.entries(first.secrets).map(([option, { value }]) => [
          option,
          `env:${variableOf(value) ?? names.nameFor(provider.name, option, first)}`,
        ]),
      )
      for (const sketch of sketches) this.#tellSecrets(sketch, references)
      const variable = usualVariableOf(first)
      return { ...provider, secrets: variable === undefined ? references : { apiKey: `env:${variable}` } }
    })
  }

  #freeName(wanted: string): string {
    const taken = (name: string): boolean => this.placeOf(name) >= 0
    let name = wanted
    for (let count = 2; taken(name); count += 1) name = `${wanted}-${count}`
    return name
  }

  /** Books the fields: also those of a provider that exists, because another place wrote them again. */
  #book(at: number, { baseUrl, secrets, settings, vendor }: ProviderSketch): void {
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
    for (const [option, { path }] of Object.entries(secrets))
      this.#ledger.carry(path, `providers[${at}].secrets.${option}`)
  }

  #tellSecrets(
    { secrets, vendor, baseUrl }: ProviderSketch,
    references: Readonly<Record<string, string>>,
  ): void {
    for (const [option, { value, path, note }] of Object.entries(secrets)) {
      if (note !== undefined) this.#ledger.leave(path, note)
      if (note !== undefined || variableOf(value) !== undefined) continue
      const variable = references[option]?.slice('env:'.length)
      this.#ledger.leave(path, [
        'a secret stands in the config; Modelspine takes references only',
        `Move it to a secret store, such as the variable ${variable}, and remove it here.`,
      ])
    }
    const noKey = Object.keys(secrets).length === 0 && vendor?.variable !== undefined
    if (noKey && baseUrl !== undefined && !isAtHome(vendor, baseUrl.value)) {
      this.#ledger.leave(baseUrl.path, [
        `the config names no key for this address, and the key in ${vendor.variable} is for another host`,
        'Give the provider the key that is for this address, if it needs one.',
      ])
    }
  }
}

/** The variable that a vendor's key is taken from when the config has none. Only for the vendor's own host. */
function usualVariableOf({ secrets, vendor, baseUrl }: ProviderSketch): string | undefined {
  return Object.keys(secrets).length === 0 && isAtHome(vendor, baseUrl?.value) ? vendor?.variable : undefined
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
