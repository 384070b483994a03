import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, installation, required } from '../../../servers/cache.ts'
import { freePort } from '../../../servers/free-port.ts'
import { go } from '../../../servers/go-binary.ts'
import { startProcess } from '../../../servers/process.ts'
import type { LiveServer, RunningServer } from '../../../servers/server.ts'
import { type Certificates, writeCertificates } from './kube-apiserver/certificates.ts'
import { serveCustomResource } from './kube-apiserver/custom-resources.ts'
import { kubeCall } from './kube-apiserver/kube-call.ts'

export interface KubeAddress extends Certificates {
  readonly url: string
  /** A file that kubectl and client libraries read. It has the administrator's client certificate. */
  readonly kubeconfig: string
  /** An administrator's bearer token. */
  readonly token: string
  /** The token of the user `modelspine`, who may do only what RBAC grants that name. */
  readonly userToken: string
  /** Why KServe's InferenceService is not known to the server; undefined when it is. */
  readonly kserveMissing: string | undefined
}

const sources = join(import.meta.dirname, 'kube-apiserver')

/** KServe's own definition, kept beside the repository and never in it. */
const kserveDefinition = '../shared/truth/kserve-inferenceservices-crd.yaml'
const kserveFile = join(import.meta.dirname, '../../..', kserveDefinition)
const kservePath = '/apis/serving.kserve.io/v1beta1/inferenceservices'

/**
 * A whole Kubernetes API server with its etcd in the same process, TLS, RBAC and KServe's InferenceService. No controller
 * and no node runs, so nothing happens to objects but what a client does.
 */
export const kubeApiserver: LiveServer<KubeAddress> = {
  name: 'kube-apiserver',
  version: '1.37.2',
  install() {
    const { name, version } = this
    return installation(name, version, async () => {
      const files = ['go.mod', 'go.sum', 'main.go'].map((file) => readFile(join(sources, file), 'utf8'))
      const recipe = await Promise.all(files)
      return cached({ name, version, recipe }, (folder) => build(version, join(folder, name)))
    })
  },
  async start({ folder }): Promise<RunningServer<KubeAddress>> {
    const home = required(await this.install())
    const certificates = await writeCertificates(folder)
    const [token, userToken] = [randomUUID(), randomUUID()]
    const users = [`${token},admin,1,"system:masters"`, `${userToken},modelspine,2`]
    await writeFile(join(folder, 'tokens.csv'), users.join('\n'))
    const [port, etcdPort] = [await freePort(), await freePort()]
    const url = `https://127.0.0.1:${port}`
    const kubeconfig = join(folder, 'kubeconfig')
    await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(url, certificates)))
    const access = { url, ca: certificates.ca, token }
    const started = await startProcess({
      name: this.name,
      folder,
      command: join(home, this.name),
      args: flags(port, etcdPort),
      env: { ETCD_FOLDER: join(folder, 'etcd'), ETCD_PORT: String(etcdPort) },
      ready: async () => (await kubeCall(access, 'GET', '/readyz')).status === 200,
    })
    const kserveMissing = existsSync(kserveFile) ? undefined : `${kserveDefinition} is not there`
    if (kserveMissing === undefined) await serveCustomResource(access, kserveFile, kservePath)
    else console.log(`skipped what needs KServe's InferenceService: ${kserveMissing}`)
    return { ...started, address: { ...certificates, url, kubeconfig, token, userToken, kserveMissing } }
  },
}

async function build(version: string, target: string): Promise<void> {
  const [major, minor] = version.split('.')
  const told = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor }
  const variables = Object.entries(told).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  )
  const args = ['build', `-ldflags=-s -w ${variables.join(' ')}`, '-o', target, '.']
  await go(args, {}, sources)
}

function flags(port: number, etcdPort: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    '--tls-cert-file=server.crt',
    '--tls-private-key-file=server.key',
    '--client-ca-file=ca.crt',
    '--token-auth-file=tokens.csv',
    '--anonymous-auth=false',
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    // Nobody else is to find this server.
    '--endpoint-reconciler-type=none',
    '--service-account-issuer=https://127.0.0.1',
    '--service-account-key-file=tokens.key',
    '--service-account-signing-key-file=tokens.key',
    // It waits for service accounts, which a controller makes.
    '--disable-admission-plugins=ServiceAccount',
    '--enable-priority-and-fairness=false',
    '--profiling=false',
  ]
}

/** JSON is YAML too. */
function kubeconfigOf(url: string, { ca, clientCertificate, clientKey }: Certificates): object {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'tests', cluster: { server: url, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': base64(clientCertificate),
          'client-key-data': base64(clientKey),
        },
      },
    ],
    contexts: [{ name: 'tests', context: { cluster: 'tests', user: 'admin' } }],
    'current-context': 'tests',
  }
}
