import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { readModelFile } from './models/model-file.ts'
import { createModelServer } from './serving/create-model-server.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: process.env.MODEL_FILE ?? '' },
    name: { type: 'string', default: process.env.MODEL_NAME ?? 'digits' },
    port: { type: 'string', default: process.env.PORT ?? '0' },
  },
})

const { version, model } = readModelFile(values.model)
const server = createModelServer({ name: values.name, version, model })
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`${values.name} ${version} on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

// `close` waits for the requests under way. After that nothing keeps the process alive.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.close())
