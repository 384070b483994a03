import { hash, timingSafeEqual } from 'node:crypto'
import { ModelspineError } from '../../errors.ts'
import type { Actor } from '../../resources/metadata.ts'
import type { Authenticate } from './authenticate.ts'

/** By the actor's name: the SHA-256 of its key in hexadecimal, or several while a key is being replaced. */
export type ApiKeyHashes = Readonly<Record<string, string | readonly string[]>>

interface KnownKey {
  readonly actor: Actor
  readonly digest: Uint8Array
}

/**
 * An `authenticate` for callers with keys. A key comes as `authorization: Bearer KEY` or as `x-api-key: KEY`. Only its
 * hash is kept, so whoever reads the configuration has no key. Keys must be long and random, because the hash of a
 * password can be guessed. Every comparison takes the same time. Throws `invalid-options` for what is no hash.
 */
export function apiKeys(hashes: ApiKeyHashes): Authenticate {
  const known: readonly KnownKey[] = Object.entries(hashes).flatMap(([name, given]) =>
    [given].flat().map((text) => ({ actor: { name }, digest: digestOf(name, text) })),
  )
  return (headers) => {
    const key = keyIn(headers)
    if (key === undefined) return null
    const digest = hash('sha256', key, 'buffer')
    let found: Actor | null = null
    for (const each of known) if (timingSafeEqual(each.digest, digest)) found = each.actor
    return found
  }
}

/** The value is not shown, because it may be the key itself. */
function digestOf(name: string, text: unknown): Uint8Array {
  if (typeof text === 'string' && /^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  throw new ModelspineError(
    'invalid-options',
    `keys.${name} is no SHA-256: write the 64 hexadecimal digits that \`printf %s "$KEY" | sha256sum\` prints`,
  )
}

function keyIn(headers: Parameters<Authenticate>[0]): string | undefined {
  const { authorization, 'x-api-key': own } = headers
  if (typeof authorization === 'string') return /^Bearer +(\S+)$/i.exec(authorization)?.[1]
  return typeof own === 'string' ? own : undefined
}
