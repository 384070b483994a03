import type { Clock } from 'modelspine/adapter'

export type Probe = { readonly ok: true } | { readonly ok: false; readonly message: string }

/** An import of node:http would load Node's own fetch too, which takes longer than all else in this adapter. */
const { request } = process.getBuiltinModule('node:http')

/** A probe is ok when a 2xx status arrives within the timeout. The body is not read. */
export function probeHealth(clock: Clock, port: number, path: string, timeoutMs: number): Promise<Probe> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, agent: false, headers: { connection: 'close' } })
    const end = (probe: Probe): void => {
      timer.cancel()
      call.destroy()
      resolve(probe)
    }
    const timer = clock.schedule(timeoutMs, () => {
      end({ ok: false, message: `GET ${path} gave no answer within ${timeoutMs} ms` })
    })
    call.on('response', ({ statusCode = 0 }) => {
      const ok = statusCode >= 200 && statusCode < 300
      end(ok ? { ok } : { ok, message: `GET ${path} answered ${statusCode}` })
    })
    call.on('error', (error: NodeJS.ErrnoException) => {
      end({ ok: false, message: `GET ${path} failed: ${error.code ?? error.message}` })
    })
    call.end()
  })
}
