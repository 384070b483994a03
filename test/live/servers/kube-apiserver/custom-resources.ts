import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { type KubeAccess, kubeCall } from './kube-call.ts'

/**
 * Applies the CustomResourceDefinition of a YAML file, and waits until the server answers for its resources, `path` being
 * where they are listed. That takes some seconds.
 */
export async function serveCustomResource(access: KubeAccess, file: string, path: string): Promise<void> {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const content = { type: 'application/yaml', body: await readFile(file, 'utf8') }
  await until(async () => {
    const reply = await kubeCall(access, 'POST', definitions, content)
    // The server asks to come again while its storage starts.
    if (reply.status === 429) return false
    if (reply.status !== 201) throw new Error(`${file} was refused: ${JSON.stringify(reply.body)}`)
    return true
  })
  await until(async () => (await kubeCall(access, 'GET', path)).status === 200)
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await pause(100)
}
