import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, installation, required } from './cache.ts'
import { freePort } from './free-port.ts'
import { onPath } from './on-path.ts'
import { isOk, startProcess } from './process.ts'
import { run } from './run.ts'
import type { Installed, LiveServer, RunningServer } from './server.ts'

export interface PrometheusAddress {
  readonly url: string
  /**
   * A folder where each JSON file is a list of `{ targets, labels }` to scrape every second. Prometheus sees files that
   * come, change and go.
   */
  readonly targets: string
}

/** Prometheus as the system has it, or as Debian packages it. It also takes remote writes. */
export const prometheus: LiveServer<PrometheusAddress> = {
  name: 'prometheus',
  version: 'of the system',
  install() {
    return installation(
      this.name,
      this.version,
      async () => (await onPath('prometheus')) ?? (await debianPackage()),
    )
  },
  async start({ folder, abortSignal }): Promise<RunningServer<PrometheusAddress>> {
    const home = required(await this.install())
    const targets = join(folder, 'targets')
    await mkdir(targets)
    await writeFile(join(folder, 'prometheus.json'), JSON.stringify(configuration(targets)))
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const started = await startProcess({
      name: this.name,
      folder,
      command: join(home, 'prometheus'),
      args: [
        `--config.file=${join(folder, 'prometheus.json')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-remote-write-receiver',
        '--web.enable-lifecycle',
      ],
      ready: () => isOk(`${url}/-/ready`),
      abortSignal,
    })
    const told = (await (await fetch(`${url}/api/v1/status/buildinfo`)).json()) as {
      data: { version: string }
    }
    return { ...started, version: told.data.version, address: { url, targets } }
  },
}

/** JSON is YAML too. */
function configuration(targets: string): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    scrape_configs: [
      { job_name: 'suites', file_sd_configs: [{ files: [join(targets, '*.json')], refresh_interval: '1s' }] },
    ],
  }
}

/** Unpacks the package without installing it, so that no root is needed. It needs nothing of its dependencies. */
async function debianPackage(): Promise<Installed> {
  const system = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const version = /^VERSION_ID="?([\w.]+)/m.exec(system)?.[1] ?? 'unknown'
  return cached({ name: 'prometheus-debian', version, recipe: [system] }, async (folder) => {
    const unpacked = join(folder, 'unpacked')
    await mkdir(unpacked)
    await download(unpacked)
    const [file = ''] = await readdir(unpacked)
    await run('dpkg', ['-x', join(unpacked, file), unpacked])
    await rename(join(unpacked, 'usr/bin/prometheus'), join(folder, 'prometheus'))
    await rm(unpacked, { recursive: true })
    await run(join(folder, 'prometheus'), ['--version'])
  })
}

async function download(folder: string): Promise<void> {
  const once = (): Promise<string> => run('apt-get', ['download', 'prometheus'], { cwd: folder })
  await once().catch(async (error) => {
    // A new machine has no lists of packages yet, and only root may get them.
    if (process.getuid?.() !== 0) throw error
    await run('apt-get', ['update'])
    await once()
  })
}
