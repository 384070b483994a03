import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, installation, required } from '../../../servers/cache.ts'
import { freePort } from '../../../servers/free-port.ts'
import { go } from '../../../servers/go-binary.ts'
import { startProcess } from '../../../servers/process.ts'
import { run } from '../../../servers/run.ts'
import type { LiveServer, RunningServer } from '../../../servers/server.ts'

export interface CollectorAddress {
  /** Takes OTLP over HTTP, below `/v1/`. */
  readonly url: string
  /** Where the collector sends all that it takes, as JSON. Nobody listens there until a test does. */
  readonly sinkPort: number
  /** The folder with OpenTelemetry's own exporters for JavaScript in `node_modules`. */
  readonly exporters: string
}

const sources = join(import.meta.dirname, 'otel-collector')

/** Those that fit the SDK with which the tests make spans and metrics. */
const exporters = [
  '@opentelemetry/api@1.9.1',
  '@opentelemetry/exporter-trace-otlp-http@0.223.1',
  '@opentelemetry/exporter-metrics-otlp-http@0.223.0',
  '@opentelemetry/exporter-logs-otlp-http@0.223.1',
  '@opentelemetry/sdk-logs@0.223.1',
]

/** The OpenTelemetry Collector, built of its own modules, with OTLP on both sides. */
export const otelCollector: LiveServer<CollectorAddress> = {
  name: 'otel-collector',
  version: '0.165.0',
  install() {
    const { name, version } = this
    return installation(name, version, async () => {
      const files = ['go.mod', 'go.sum', 'main.go'].map((file) => readFile(join(sources, file), 'utf8'))
      const recipe = [...(await Promise.all(files)), ...exporters]
      return cached({ name, version, recipe }, async (folder) => {
        await build(version, join(folder, name))
        await installExporters(join(folder, 'exporters'))
      })
    })
  },
  async start({ folder, abortSignal }): Promise<RunningServer<CollectorAddress>> {
    const home = required(await this.install())
    const [port, sinkPort] = [await freePort(), await freePort()]
    const url = `http://127.0.0.1:${port}`
    const config = join(folder, 'collector.json')
    await writeFile(config, JSON.stringify(configOf(port, sinkPort)))
    const started = await startProcess({
      name: this.name,
      folder,
      command: join(home, this.name),
      args: ['--config', config],
      // It takes only POST there.
      ready: async () => (await fetch(`${url}/v1/traces`)).status === 405,
      abortSignal,
    })
    return { ...started, address: { url, sinkPort, exporters: join(home, 'exporters') } }
  },
}

async function build(version: string, target: string): Promise<void> {
  await go(['build', `-ldflags=-s -w -X main.version=${version}`, '-o', target, '.'], {}, sources)
}

async function installExporters(folder: string): Promise<void> {
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), '{"private":true}')
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...exporters], { cwd: folder })
}

/** JSON is YAML too. Without a queue, what arrived is sent on before the sender has its answer. */
function configOf(port: number, sinkPort: number): object {
  const endpoint = `http://127.0.0.1:${sinkPort}`
  const pipeline = { receivers: ['otlp'], exporters: ['otlp_http'] }
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: {
      otlp_http: { endpoint, encoding: 'json', compression: 'none', sending_queue: { enabled: false } },
    },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
      pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
    },
  }
}
