import { join } from 'node:path'
import { cached, installation, required } from './cache.ts'
import { freePort } from './free-port.ts'
import { go } from './go-binary.ts'
import { onPath } from './on-path.ts'
import { isOk, startProcess } from './process.ts'
import { run } from './run.ts'
import type { Installed, LiveServer, RunningServer } from './server.ts'

export interface OpaAddress {
  readonly url: string
}

export interface OpaOptions {
  /** Files and folders of policies and data, or bundles, that the server begins with. */
  readonly paths?: readonly string[]
  /** Further flags of `opa run`. */
  readonly flags?: readonly string[]
}

/** Open Policy Agent. Without paths it begins empty and is given policies through its API. */
export const opa: LiveServer<OpaAddress, OpaOptions> = {
  name: 'opa',
  version: '1.22.2',
  install() {
    const { name, version } = this
    return installation(name, version, async () => (await ofSystem(version)) ?? (await built(version)))
  },
  async start({ folder, paths = [], flags = [], abortSignal }): Promise<RunningServer<OpaAddress>> {
    const home = required(await this.install())
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const started = await startProcess({
      name: this.name,
      folder,
      command: join(home, 'opa'),
      args: [
        ...['run', '--server', '--addr', `127.0.0.1:${port}`, '--skip-version-check'],
        ...flags,
        ...paths,
      ],
      ready: () => isOk(`${url}/health`),
      abortSignal,
    })
    return { ...started, address: { url } }
  },
}

/** The program of the system, when it has this version. */
async function ofSystem(version: string): Promise<Installed | undefined> {
  const told = await run('opa', ['version']).catch(() => '')
  return told.split('\n').includes(`Version: ${version}`) ? onPath('opa') : undefined
}

function built(version: string): Promise<Installed> {
  const source = `github.com/open-policy-agent/opa@v${version}`
  return cached({ name: 'opa', version, recipe: [] }, (folder) =>
    go(['install', '-ldflags=-s -w', source], { GOBIN: folder }),
  )
}
