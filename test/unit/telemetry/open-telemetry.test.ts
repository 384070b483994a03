import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const script = `
  import { createRequire } from 'node:module'
  import { createRequestTelemetry } from './src/telemetry/request-telemetry.ts'
  const loaded = () => Object.keys(createRequire('file:///').cache).some((path) => path.includes('@opentelemetry/api'))
  const start = { requestId: 'a', route: 'default/a', operation: 'chat', startedAtMs: 0, streamed: false }
  const telemetry = createRequestTelemetry()
  const watch = telemetry.started(start)
  watch?.finished({ ...start, durationMs: 1, attempts: 1, outcome: 'ok', usage: {} })
  await new Promise((resolve) => setImmediate(resolve))
  const before = loaded()
  const { metrics } = await import('@opentelemetry/api')
  console.log(JSON.stringify({ before, after: loaded(), meters: metrics.getMeterProvider() !== undefined }))
`

describe('the API of OpenTelemetry', () => {
  it('is not loaded by requests while no SDK is registered', async () => {
    const args = ['--conditions=modelspine/source', '--input-type=module', '-e', script]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(JSON.parse(stdout)).toEqual({ before: false, after: true, meters: true })
  })
})
