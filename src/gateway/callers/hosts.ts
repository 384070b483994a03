import { ModelspineError } from '../../errors.ts'

/**
 * The hosts that callers may address: names and addresses, with a port where only that port is meant. `any` turns the
 * check off.
 */
export type Hosts = readonly string[] | 'any'

/** Whether a request that addresses this host is served. */
export type HostCheck = (host: string | undefined) => boolean

/** No other name leads to a loopback address, unless somebody lies in DNS. */
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]']

const hostPattern = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/

/** Throws `invalid-options` for what can be no host. */
export function hostCheck(hosts: Hosts): HostCheck {
  if (hosts === 'any') return () => true
  const allowed = new Set(hosts.map((host) => host.toLowerCase()))
  for (const host of allowed) {
    if (hostPattern.test(host)) continue
    throw new ModelspineError(
      'invalid-options',
      `hosts has "${host}": write a host without scheme or path, such as models.example.com or [::1]:8080`,
    )
  }
  /** Most callers address one host. */
  let servedLast: string | undefined
  return (host) => {
    if (host === undefined) return false
    if (host === servedLast) return true
    const addressed = host.toLowerCase()
    const isServed = allowed.has(addressed) || allowed.has(withoutPort(addressed))
    if (isServed) servedLast = host
    return isServed
  }
}

/**
 * The check of a server that listens on a loopback address; undefined for every other address. A web page can give a
 * name of its own this machine's address ("DNS rebinding") and then ask as if it came from here. The browser still
 * sends the page's name as the host.
 */
export function loopbackCheck(address: string, declared: string): HostCheck | undefined {
  if (!/^(?:127\.|::1$|::ffff:127\.)/.test(address)) return undefined
  const itself = [address, declared].map((host) => (host.includes(':') ? `[${host}]` : host))
  return hostCheck([...loopbackHosts, ...itself])
}

/** Also without the dot at the end of a full DNS name. */
function withoutPort(host: string): string {
  return host.replace(/\.?(?::\d*)?$/, '')
}
