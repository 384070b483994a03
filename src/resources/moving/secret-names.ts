import type { ProviderSketch } from './provider-sketch.ts'
import { looksSecret, variableOf } from './secret-values.ts'
import { isAtHome, usualVariables } from './vendors.ts'

/**
 * Names of variables for secrets that a config holds itself. A name is for one secret at one host, so that nobody moves a
 * vendor's key to where another vendor's is read. A variable that the config uses is not taken. The usual variable
 * of a vendor is taken for that vendor's own host only, because the app's environment may have it already.
 */
export class SecretNames {
  readonly #used: ReadonlySet<string>
  readonly #given = new Map<string, string>()

  constructor(used: Iterable<string>) {
    this.#used = new Set(used)
  }

  /** The variable for the secret of an option of a provider. */
  nameFor(provider: string, option: string, sketch: ProviderSketch): string {
    const origin = originOf(sketch)
    const use = JSON.stringify([sketch.secrets[option]?.value, origin, option])
    const known = this.#given.get(use)
    if (known !== undefined) return known
    const taken = new Set([...this.#used, ...this.#given.values()])
    const { vendor, baseUrl } = sketch
    const home = isAtHome(vendor, baseUrl?.value)
    const isFree = (name: string): boolean =>
      !taken.has(name) && (!usualVariables.has(name) || (home && vendor?.variable === name))
    const host = home ? undefined : URL.parse(origin)?.host
    const bases = [provider, ...(host === undefined || looksSecret(host) ? [] : [`${provider}_${host}`])]
    let name = bases.map((base) => variableFor(base, option)).find(isFree)
    for (let count = 2; name === undefined; count += 1) {
      const next = variableFor(`${provider}_${count}`, option)
      if (isFree(next)) name = next
    }
    this.#given.set(use, name)
    return name
  }
}

/** Where the provider's secrets go: the same text for the same host. */
function originOf({ baseUrl, vendor, vendorWord = '' }: ProviderSketch): string {
  const own = vendor?.host ?? vendorWord
  if (baseUrl === undefined) return URL.canParse(`https://${own}`) ? `https://${own}` : own
  const url = variableOf(baseUrl.value) === undefined ? URL.parse(String(baseUrl.value)) : null
  return url === null ? String(baseUrl.value) : `${url.protocol}//${url.host}`
}

/** `OPENAI_2_API_KEY` of `openai-2` and `apiKey`. */
function variableFor(base: string, option: string): string {
  const words = `${base}_${option.replaceAll(/[A-Z]/g, (letter) => `_${letter}`)}`
  return words.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')
}
