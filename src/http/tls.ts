import { X509Certificate } from 'node:crypto'
import { ModelspineError } from '../errors.ts'
import type { Secret } from '../security/contract.ts'
import type { HttpDispatcher } from './dispatcher.ts'

/** All of it is read once. A renewed certificate needs a new client. */
export interface TlsOptions {
  /** Certificates of the authorities that may sign the server's, as PEM. Default: those that Node trusts. */
  readonly ca?: string | readonly string[]
  /** This client's own certificate, as PEM, for servers that ask for one. Needs `key`. */
  readonly cert?: string
  /** The private key of `cert`, as PEM. */
  readonly key?: Secret
  /** The name that the server's certificate must have, when it is not the host of the URL. */
  readonly serverName?: string
}

/** Throws `invalid-options`, also for texts that are not what they should be. */
export function checkTls(options: {
  readonly origin: string
  readonly tls?: TlsOptions | undefined
  readonly dispatcher?: HttpDispatcher | undefined
}): void {
  const { tls, origin, dispatcher } = options
  if (tls === undefined) return
  const wrong = (why: string, cause?: unknown): ModelspineError =>
    new ModelspineError('invalid-options', `tls ${why}`, { cause, details: { field: 'tls' } })
  if (dispatcher !== undefined) throw wrong('is given together with a dispatcher: give it to the dispatcher')
  if (!origin.startsWith('https:')) throw wrong('is given, but baseUrl does not begin with https:')
  if ((tls.cert === undefined) !== (tls.key === undefined))
    throw wrong('has only one of cert and key: give both')
  try {
    // Node ignores authorities that it cannot read.
    for (const authority of [tls.ca ?? []].flat()) new X509Certificate(authority)
  } catch (cause) {
    throw wrong('has a ca that is no certificate: give PEM', cause)
  }
  try {
    // Only clients with these options need the module before their first request.
    process.getBuiltinModule('node:tls').createSecureContext(wireTls(tls))
  } catch (cause) {
    throw wrong('has cert and key that cannot be used together: give PEM of one pair', cause)
  }
}

/** The same in the words of Node's `tls.connect`. */
export function wireTls(tls: TlsOptions | undefined): object {
  if (tls === undefined) return {}
  const { ca, cert, key, serverName } = tls
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key: key.reveal() }),
    ...(serverName !== undefined && { servername: serverName }),
  }
}
