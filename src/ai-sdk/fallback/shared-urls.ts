import type { LanguageModelV4 } from '@ai-sdk/provider'

type Urls = Record<string, RegExp[]>

/** Other flags change where a pattern matches, or are state. */
const plainFlags = /^[uv]?$/

/** A pattern with one of these means something else inside another pattern. */
const groups = /\\[1-9]|\\k|\(\?</

/**
 * The URLs that all models take. The AI SDK downloads the others before it asks, so that no model gets a URL that it cannot
 * fetch. Where it is not certain that all take a URL, it is left out. A promise only if a model gives one. A model that
 * fails to tell takes none.
 */
export function sharedUrls(models: readonly LanguageModelV4[]): Urls | Promise<Urls> {
  const all = models.map(urlsOf)
  return all.every((each) => !isPromise(each))
    ? (all as Urls[]).reduce(both)
    : Promise.all(all.map(async (each) => each).map((each) => each.catch(() => ({})))).then((known) =>
        known.reduce(both),
      )
}

function urlsOf(model: LanguageModelV4): Urls | PromiseLike<Urls> {
  try {
    return model.supportedUrls
  } catch {
    return {}
  }
}

function isPromise(value: Urls | PromiseLike<Urls>): value is PromiseLike<Urls> {
  return 'then' in value && typeof value.then === 'function'
}

function both(one: Urls, other: Urls): Urls {
  const shared: Urls = {}
  for (const [type, patterns] of Object.entries(one)) {
    for (const [otherType, otherPatterns] of Object.entries(other)) {
      const narrower = narrowerType(type.toLowerCase(), otherType.toLowerCase())
      if (narrower === undefined) continue
      const matching = patterns.flatMap((pattern) =>
        otherPatterns.flatMap((each) => matchingBoth(pattern, each)),
      )
      if (matching.length > 0) shared[narrower] = [...(shared[narrower] ?? []), ...matching]
    }
  }
  return shared
}

/** The media type that both cover: `image/png` for `image/*` and `image/png`. */
function narrowerType(one: string, other: string): string | undefined {
  if (covers(one, other)) return other
  return covers(other, one) ? one : undefined
}

function covers(wide: string, narrow: string): boolean {
  if (wide === narrow || wide === '*' || wide === '*/*') return true
  return wide.endsWith('/*') && narrow.startsWith(wide.slice(0, -1))
}

function matchingBoth(one: RegExp, other: RegExp): RegExp[] {
  if (one.source === other.source && one.flags === other.flags) return [one]
  if (one.flags !== other.flags || !plainFlags.test(one.flags)) return []
  if (groups.test(one.source) || groups.test(other.source)) return []
  return [new RegExp(`^(?=[^]*?(?:${one.source}))(?=[^]*?(?:${other.source}))`, one.flags)]
}
