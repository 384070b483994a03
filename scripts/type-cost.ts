/**
 * What the checked names of `plane.deploy` and `plane.route` cost the compiler: type instantiations a call, in a program
 * with 50 targets. Fails above 5,000 a call, and when the second hundred calls costs much more than the first.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { compile } from '../test/house/compiler.ts'

const targets = 50
const mostPerCall = 5000
/** The first hundred also pays for what is made once. */
const mostGrowth = 1.5

const folder = `${process.cwd()}/.tmp/type-cost-${process.pid}`
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
mkdirSync(folder, { recursive: true })
writeFileSync(
  `${folder}/tsconfig.json`,
  JSON.stringify({
    extends: '../../tsconfig.json',
    compilerOptions: { isolatedDeclarations: false, declaration: false },
    include: ['*.ts'],
    exclude: [],
  }),
)

function program(calls: number): string {
  const entries = Array.from({ length: targets }, (_, place) => `    target${place}: memoryTarget(),`)
  return [
    "import { createControlPlane, memoryProvider, memoryRegistry, memoryTarget, rulesPolicy, type Rule } from 'modelspine'",
    'declare const rules: readonly Rule[]',
    'const plane = createControlPlane({',
    "  registries: { models: memoryRegistry({ name: 'models' }), mlflow: memoryRegistry({ name: 'mlflow' }) },",
    '  providers: { openai: memoryProvider({}), bedrock: memoryProvider({}) },',
    "  policies: [rulesPolicy('promotion', rules)],",
    '  targets: {',
    ...entries,
    '  },',
    '})',
    "const by = { actor: { name: 'ada' } }",
    ...Array.from({ length: calls }, (_, place) => (place % 4 === 3 ? routeCall(place) : deployCall(place))),
  ].join('\n')
}

function deployCall(place: number): string {
  const gate = `{ name: 'errors${place}', metric: 'requests.errors', pass: { atMost: 0.1 } }`
  const steps = `[{ weight: 5 }, { analyze: ['errors${place}'], for: '1m' }]`
  const model = `models/model${place}`
  const target = `target${place % targets}`
  return `plane.deploy('d${place}', { model: '${model}', target: '${target}', strategy: { canary: { steps: ${steps} } }, analysis: [${gate}], policies: ['promotion'] }, by)`
}

function routeCall(place: number): string {
  const backends = `[{ deployment: 'd${place}' }, { provider: 'openai', model: 'm${place}', weight: 2 }]`
  return `plane.route('d${place}', { operations: ['infer'], backends: ${backends} }, by)`
}

async function instantiations(calls: number): Promise<number> {
  writeFileSync(`${folder}/calls.ts`, program(calls))
  const { complaints, output } = await compile(folder, '--extendedDiagnostics')
  if (complaints.length > 0)
    throw new Error(complaints.map(({ line, text }) => `line ${line}: ${text}`).join('\n'))
  const [, count] = /^Instantiations:\s+(\d+)/m.exec(output) ?? []
  if (count === undefined) throw new Error('the compiler printed no count of instantiations')
  return Number(count)
}

const none = await instantiations(0)
const hundred = await instantiations(100)
const twoHundred = await instantiations(200)
const first = (hundred - none) / 100
const second = (twoHundred - hundred) / 100
console.log(
  `${targets} targets, instantiations   no call ${none}, 100 calls ${hundred}, 200 calls ${twoHundred}`,
)
console.log(
  `per call                     first hundred ${first.toFixed(1)}, second hundred ${second.toFixed(1)}`,
)
const kept = Math.max(first, second) <= mostPerCall && second <= first * mostGrowth
console.log(`                             at most ${mostPerCall}, and no growth: ${kept ? 'kept' : 'broken'}`)
process.exit(kept ? 0 : 1)
