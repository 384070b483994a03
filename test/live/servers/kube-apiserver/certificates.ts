import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../../../servers/run.ts'

export interface Certificates {
  /** In PEM, like the others. */
  readonly ca: string
  readonly clientCertificate: string
  readonly clientKey: string
}

/**
 * Writes into a folder `ca.crt`, the server's `server.crt` and `server.key`, an administrator's `client.crt` and
 * `client.key`, and `tokens.key`, with which the server signs the tokens of service accounts.
 */
export async function writeCertificates(folder: string): Promise<Certificates> {
  await certificate(folder, 'ca', '/CN=modelspine-tests', [])
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE']
  await Promise.all([
    certificate(folder, 'server', '/CN=kube-apiserver', [
      ...signed,
      ...['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
    ]),
    certificate(folder, 'client', '/O=system:masters/CN=admin', [
      ...signed,
      ...['-addext', 'extendedKeyUsage=clientAuth'],
    ]),
  ])
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(join(folder, 'tokens.key'), privateKey.export({ type: 'sec1', format: 'pem' }))
  const [ca, clientCertificate, clientKey] = await Promise.all(
    ['ca.crt', 'client.crt', 'client.key'].map((file) => readFile(join(folder, file), 'utf8')),
  )
  return { ca: ca ?? '', clientCertificate: clientCertificate ?? '', clientKey: clientKey ?? '' }
}

async function certificate(
  folder: string,
  name: string,
  subject: string,
  more: readonly string[],
): Promise<void> {
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-noenc',
    '-keyout',
    `${name}.key`,
  ]
  const args = ['req', '-x509', ...key, '-days', '30', '-subj', subject, '-out', `${name}.crt`, ...more]
  await run('openssl', args, { cwd: folder })
}
