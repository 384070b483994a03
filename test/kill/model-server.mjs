// A small model server: it answers Open Inference V2 with the name of its revision, and writes down that it
// ran.
import { appendFileSync, readFileSync } from 'node:fs'

// An import of node:http loads Node's own fetch too, and doubles the time of the start.
const { createServer } = process.getBuiltinModule('node:http')

const [port, model, key, revision, starts] = process.argv.slice(2)
readFileSync(model)
appendFileSync(starts, `${JSON.stringify({ pid: process.pid, key, revision })}\n`)

const outputs = [{ name: 'revision', datatype: 'BYTES', shape: [1], data: [revision] }]
const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    if (request.url?.endsWith('/ready')) return response.end()
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ model_name: 'digits', outputs }))
  })
})
server.listen(Number(port), '127.0.0.1')
process.on('SIGTERM', () => server.close(() => process.exit(0)))
// The server ends by itself, so that it does not outlive a test that was killed.
setTimeout(() => process.exit(1), 180_000).unref()
