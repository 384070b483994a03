import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openInferenceProvider } from 'modelspine/adapters/open-inference'

export interface ModelServer {
  readonly url: string
  stop(): Promise<void>
}

export async function startKserve(bin: string): Promise<ModelServer> {
  const port = await freePort()
  return started(port, `${bin}/python`, [pathOf('kserve_server.py'), String(port)])
}

export async function startMlserver(bin: string): Promise<ModelServer> {
  const [port, grpc, metrics] = [await freePort(), await freePort(), await freePort()]
  return started(port, `${bin}/mlserver`, ['start', pathOf('mlserver')], {
    MLSERVER_HOST: '127.0.0.1',
    MLSERVER_HTTP_PORT: String(port),
    MLSERVER_GRPC_PORT: String(grpc),
    MLSERVER_METRICS_PORT: String(metrics),
    MLSERVER_PARALLEL_WORKERS: '0',
  })
}

export function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

/** Resolves when the server says that it is ready. Rejects with the server's output when it ends before. */
async function started(
  port: number,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ModelServer> {
  const child = spawn(command, args, {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed = (printed + chunk).slice(-4000)
    })
  }
  const url = `http://127.0.0.1:${port}`
  const provider = openInferenceProvider({ baseUrl: url })
  try {
    while (!(await provider.ready().catch(() => false))) {
      if (hasEnded(child)) throw new Error(`${command} ended before it was ready: ${printed}`)
      await pause(100)
    }
  } catch (error) {
    await ended(child)
    throw error
  } finally {
    await provider.close()
  }
  return { url, stop: () => ended(child) }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

async function ended(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
