import { ModelspineError } from '../errors.ts'

/** Throws `invalid-options` for a number that is not whole, or below the least. */
export function checkNumbers(options: Readonly<Record<string, number>>, least: 0 | 1 = 1): void {
  for (const [field, value] of Object.entries(options)) {
    if (Number.isSafeInteger(value) && value >= least) continue
    const message = `${field} is ${value}: give a whole number${least === 1 ? ' above 0' : ', or 0 for none'}`
    throw new ModelspineError('invalid-options', message, { details: { field } })
  }
}

/** As undici knows them: RFC 9110, 5.5. */
const unsendable = /[^\t\x20-\x7e\x80-\xff]/

/** Throws `invalid-options` for a header that no request can have. The message does not show its value. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!unsendable.test(value)) continue
    const message = `headers.${name} has a character that no header can have: is there a line feed at its end?`
    throw new ModelspineError('invalid-options', message, { details: { field: `headers.${name}` } })
  }
}

/** The parts of the option `baseUrl`. Throws `invalid-options`. */
export function readBaseUrl(baseUrl: string): { readonly origin: string; readonly path: string } {
  const wrong = (why: string): ModelspineError =>
    new ModelspineError('invalid-options', `baseUrl ${why}`, { details: { field: 'baseUrl' } })
  if (!URL.canParse(baseUrl)) throw wrong('is not a URL: write one such as http://127.0.0.1:8080')
  const url = new URL(baseUrl)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw wrong(`begins with "${url.protocol}": write http: or https: before the host`)
  }
  if (url.username !== '' || url.password !== '') throw wrong('contains credentials: send them in a header')
  if (url.search !== '' || url.hash !== '')
    throw wrong('has a query or a fragment: write only origin and path')
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}
