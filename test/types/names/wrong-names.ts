/** Every call has one wrong name. Each is one error, and the message holds what stands behind `//`. */
import { bare, by, plane, poor } from './plane.ts'

plane.deploy('a', { model: 'modls/x', target: 'vendor' }, by) // `mlflow/${string}` | `models/${string}`
plane.deploy('a', { model: { registry: 'modls', name: 'x', version: '1' }, target: 'vendor' }, by) // Did you mean '"models"'?
plane.deploy('a', { model: 'models/x', target: 'vendr' }, by) // Did you mean '"vendor"'?
plane.deploy('a', { model: 'models/x', target: { name: 'locl' } }, by) // '"local" | "memory" | "vendor"'
plane.deploy('a', { model: 'models/x', target: { name: 'local', settings: { drian: '30s' } } }, by) // Did you mean to write 'drain'?
plane.deploy('a', { model: 'models/x', target: { name: 'local', settings: { drain: 'soon' } } }, by) // `${number}s`
plane.deploy('a', { model: 'models/x', target: { name: 'vendor', settings: { region: 'eu' } } }, by) // a hosted model has no settings
plane.deploy('a', { model: 'models/x', target: 'local', policies: ['nope'] }, by) // '"budget" | "promotion"'
plane.deploy('a', { model: 'models/x', target: 'local', runtime: { secrets: { TOKEN: 'vault:token' } } }, by) // `env:${string}`
plane.deploy('a', { model: 'models/x', target: 'local', strategy: { canary: { steps: [{ analyze: ['e'], for: '1m' }] } }, analysis: [{ name: 'e', metric: 'drift', source: 'prometeus', pass: { atMost: 0.1 } }] }, by) // Did you mean '"prometheus"'?
plane.deploy('a', { model: 'models/x', target: 'local', strategy: { canary: { steps: [{ analyze: ['eror'], for: '1m' }] } }, analysis: [{ name: 'errors', metric: 'requests.errors', pass: { atMost: 0.1 } }, { name: 'latency', metric: 'requests.latency', pass: { atMost: 100 } }] }, by) // '"errors" | "latency"'
plane.deploy('a', { model: 'models/x', target: 'local', strategy: { blueGreen: { analyze: ['eror'] } }, analysis: [{ name: 'errors', metric: 'requests.errors', pass: { atMost: 0.1 } }] }, by) // '"errors"'
plane.deploy('a', { model: 'models/x', target: 'local', strategy: { canary: { steps: [{ analyze: ['errors'], for: '1m' }] } } }, by) // analysis declares no gate
plane.deploy('a', { model: 'models/x', target: 'local', polices: ['promotion'] }, by) // Did you mean to write 'policies'?
plane.route('a', { operations: ['chat'], backends: [{ provider: 'opnai', model: 'm' }] }, by) // Did you mean '"openai"'?
plane.route('a', { operations: ['chat'], backends: [{ deployment: 'a' }], fallback: [{ provider: 'bedrok', model: 'm' }] }, by) // Did you mean '"bedrock"'?
plane.route('a', { operations: ['chta'], backends: [{ deployment: 'a' }] }, by) // Operation
plane.deploy('a', { model: 'models/x', target: 'local' }, {}) // Property 'actor' is missing
bare.deploy('a', { model: 'models/x', target: 'memory' }, by) // this plane has no targets
poor.deploy('a', { model: 'models/x', target: 'memory', policies: ['promotion'] }, by) // this plane has no policies
poor.deploy('a', { model: 'models/x', target: 'memory', runtime: { secrets: { TOKEN: 'env:TOKEN' } } }, by) // this plane has no secret stores
poor.route('a', { operations: ['chat'], backends: [{ provider: 'openai', model: 'm' }] }, by) // this plane has no providers
