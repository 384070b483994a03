import type { Reason } from './ledger.ts'
import { looksSecret, variableOf } from './secret-values.ts'
import type { Vendor } from './vendors.ts'

/**
 * The address of a provider, without a password, a query and a slash at its end; `env:NAME` where a variable has it; the
 * vendor's own where the config has none. Undefined for what is no address, or has a key in it.
 */
export function addressOf(value: unknown, vendor: Vendor | undefined): string | undefined {
  if (value === undefined) return vendor?.baseUrl
  const variable = variableOf(value)
  if (variable !== undefined) return `env:${variable}`
  const url = urlOf(value)
  if (url === undefined || hasKey(url)) return undefined
  const base = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`
  const path = vendor?.path ?? ''
  return base.endsWith(path) ? base : `${base}${path}`
}

/** What the user must know of an address that is not taken as it is written. */
export function addressDoubt(value: unknown, vendor: Vendor | undefined): Reason | undefined {
  if (variableOf(value) !== undefined) {
    if (vendor?.path === undefined) return undefined
    return [
      `the OpenAI format of this server is under ${vendor.path}`,
      `End the address in the variable with ${vendor.path}.`,
    ]
  }
  const url = urlOf(value)
  if (url === undefined) return ['it is no address', 'Give the provider its baseUrl.']
  const whole = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (whole && !hasKey(url)) return undefined
  return [
    'a password, a key or a query in the address is left out, because it may be a secret',
    'Give it to the provider as a secret.',
  ]
}

function urlOf(value: unknown): URL | undefined {
  const url = typeof value === 'string' ? URL.parse(value) : null
  return url === null || !/^https?:$/.test(url.protocol) ? undefined : url
}

function hasKey({ hostname, pathname }: URL): boolean {
  return [...hostname.split('.'), ...pathname.split('/')].some(looksSecret)
}
