import type { HttpHeaders } from './dispatcher.ts'
import { headerOf } from './http-reply.ts'

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
