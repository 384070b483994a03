import type { HttpHeaders } from './dispatcher.ts'
import { headerOf } from './http-reply.ts'

/**
 * How long a reply asks the client to wait, in milliseconds. Reads `retry-after-ms` (OpenAI, Azure), or
 * `retry-after` as seconds or as an HTTP date (RFC 9110, 10.2.3). Undefined when the headers are missing or
 * not valid.
 */
export function retryAfterMs(headers: HttpHeaders, nowMs: number): number | undefined {
  const exact = numberOf(headerOf(headers, 'retry-after-ms'))
  if (exact !== undefined) return Math.ceil(exact)
  const value = headerOf(headers, 'retry-after')
  const seconds = numberOf(value)
  if (seconds !== undefined) return Math.ceil(seconds * 1000)
  if (value === undefined || !/[a-z]/i.test(value)) return undefined
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined
}

/** OpenAI and those that follow it, Anthropic, and the draft of the IETF. */
const named = /^(?:x-ratelimit-|anthropic-ratelimit-|ratelimit(?:-|$))/

const most = 40
const usable = /^[\x20-\x7e]{1,200}$/

/** The headers of a reply that tell how much the vendor still allows, for the `rateLimits` of an error's details. */
export function rateLimitsOf(headers: HttpHeaders): Readonly<Record<string, string>> | undefined {
  const limits: [string, string][] = []
  for (const name of Object.keys(headers)) {
    const value = headerOf(headers, name) ?? ''
    if (named.test(name) && usable.test(value) && limits.length < most) limits.push([name, value])
  }
  return limits.length === 0 ? undefined : Object.fromEntries(limits)
}
