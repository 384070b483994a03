/** Names that would change an address, a JSON text or a query where they were pasted into one. */
export const hostileNames: readonly string[] = [
  '../../v1/policies/x',
  '?pretty=true&x=',
  '"}, "result": {"verdict": "allow"}',
  '%2e%2e%2fconfig',
  'line\r\nAuthorization: Bearer stolen',
  '{{input}} $data %s %v',
  'a\u0000b\u001fc',
  'ключ-🦜',
  'a\ud800b',
  '__proto__',
]
