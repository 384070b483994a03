import { ModelspineError } from '../errors.ts'
import type { Secret } from '../security/contract.ts'
import type { HttpDispatcher } from './dispatcher.ts'

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

/** Throws `invalid-options`. */
export function checkTls(options: {
  readonly baseUrl: string
  readonly tls?: TlsOptions
  readonly dispatcher?: HttpDispatcher
}): void {
  const { tls, baseUrl, dispatcher } = options
  if (tls === undefined) return
  const wrong = (why: string): ModelspineError =>
    new ModelspineError('invalid-options', `tls ${why}`, { details: { field: 'tls' } })
  if (dispatcher !== undefined) throw wrong('is given together with a dispatcher: give it to the dispatcher')
  if (!baseUrl.startsWith('https:')) throw wrong('is given, but baseUrl does not begin with https:')
  if ((tls.cert === undefined) !== (tls.key === undefined))
    throw wrong('has only one of cert and key: give both')
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
