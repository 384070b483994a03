import { inspect } from 'node:util'
import { type Loopback, serveLoopback } from '../loopback.ts'

/** With characters that URLs, headers, JSON and shells write in another way. */
export const planted = 'pl4nted/Secret+with=signs'

/** As the password of the user `ann`. A vendor knows this one only when it was sent. */
const withUser = Buffer.from(`ann:${planted}`).toString('base64')

/** All ways in which a vendor may repeat the secret. */
const spellings = [planted, encodeURIComponent(planted), Buffer.from(planted).toString('base64'), withUser]

/** Everything that somebody could print of a value. */
export function printed(value: unknown): string {
  const json = ((): string => {
    try {
      return JSON.stringify(value) ?? ''
    } catch (error) {
      return String(error)
    }
  })()
  const stack = value instanceof Error ? `${value.stack} ${value.message}` : ''
  return `${inspect(value, { depth: 20, showHidden: true, getters: true })}${json}${stack}`
}

/** The spellings of the secret that are in the text. */
export function leaks(text: string): string[] {
  return spellings.filter((spelling) => text.includes(spelling))
}

export type Vice = (typeof vices)[number]
export const vices = [200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 'cuts'] as const

/**
 * A vendor that repeats what it was sent, and the secret in every spelling, in its status line, headers and body.
 * `told` is how often it was sent the secret.
 */
export async function repeatingVendor(vice: Vice): Promise<Loopback & { readonly told: () => number }> {
  let told = 0
  const loopback = await serveLoopback((request, body, response) => {
    const got = `${request.url} ${JSON.stringify(request.headers)} ${body.toString()}`
    if (leaks(got).length > 0) told += 1
    const words = `${spellings.filter((each) => each !== withUser).join(' ')} ${got}`
    if (vice === 'cuts') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '99999' })
      response.write(JSON.stringify({ message: words }), () => response.socket?.destroy())
      return
    }
    const message = { code: words, type: words, param: words, message: words }
    response.writeHead(vice, planted.replaceAll('/', ' '), {
      'content-type': 'application/json',
      location: `http://127.0.0.1:9/?token=${encodeURIComponent(planted)}`,
      'www-authenticate': `Bearer realm="${planted}"`,
      'x-request-id': planted,
      // Longer than a short retry waits.
      'retry-after': '60',
    })
    response.end(
      JSON.stringify({
        ...message,
        error: message,
        error_code: 'INTERNAL_ERROR',
        result: words,
        status: words,
      }),
    )
  })
  return { ...loopback, told: () => told }
}
