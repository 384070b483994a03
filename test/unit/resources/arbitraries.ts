import fc from 'fast-check'
import type {
  AnalysisGateInput,
  Duration,
  ModelDeploymentInput,
  ModelDeploymentSpecInput,
  ModelRouteInput,
  RouteBackendInput,
} from '../../../src/resources/index.ts'

type StrategyInput = NonNullable<ModelDeploymentSpecInput['strategy']>

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/)
const variable = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/)
const word = fc.stringMatching(/^[a-z]{1,8}$/)
const duration = fc
  .tuple(fc.integer({ min: 1, max: 90 }), fc.constantFrom('ms', 's', 'm', 'h', 'd'))
  .map(([count, unit]) => `${count}${unit}` as Duration)
const weight = fc.double({ min: 0.1, max: 100, noNaN: true })
const texts = fc.dictionary(word, fc.string(), { maxKeys: 3 })
const metadata = fc.record(
  { name: label, namespace: label, labels: texts, annotations: texts },
  { requiredKeys: ['name'] },
)

const gate: fc.Arbitrary<AnalysisGateInput> = fc.record(
  {
    name: label,
    metric: fc.constantFrom('requests.latency', 'ratings.mean', 'tokens.total'),
    source: fc.constant('plane'),
    minSamples: fc.integer({ min: 1, max: 10_000 }),
    pass: fc.oneof(
      fc.record({ atLeast: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
      fc.record({ atMost: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
      fc.record(
        { noWorseThan: fc.constant('stable' as const), by: fc.double({ min: 0, max: 5, noNaN: true }) },
        { requiredKeys: ['noWorseThan'] },
      ),
    ),
    noData: fc.constantFrom('pause', 'fail'),
    onError: fc.constantFrom('pause', 'fail'),
    power: fc.double({ min: 0.5, max: 0.999, noNaN: true }),
    detect: fc.double({ min: 6, max: 20, noNaN: true }),
    undecided: fc.constantFrom('extend', 'extend', 'pause', 'pass', 'fail'),
    compare: fc.constant('tested'),
    range: fc.constant({ min: 0, max: 100 }),
  },
  { requiredKeys: ['name', 'metric', 'pass'] },
)

/** Strategies that use exactly these gates. */
function strategyWith(gates: readonly string[]): fc.Arbitrary<StrategyInput> {
  const blueGreen = fc
    .record({ autoPromote: fc.boolean(), for: duration, keepPrevious: duration }, { requiredKeys: [] })
    .map((settings) => ({ blueGreen: { ...settings, analyze: gates } }))
  const canary = fc
    .tuple(fc.array(weight, { minLength: 1, maxLength: 5 }), duration)
    .map(([weights, time]) => {
      const rising = weights.sort((left, right) => left - right).map((weight) => ({ weight }))
      const analysis = gates.length === 0 ? [] : [{ analyze: gates, for: time }]
      return {
        canary: { steps: [...rising, ...analysis, { pause: time }, { pause: 'until-promoted' as const }] },
      }
    })
  const rolling = fc.record({
    rolling: fc.record({ step: fc.integer({ min: 1, max: 100 }), every: duration }, { requiredKeys: [] }),
  })
  return gates.length === 0 ? fc.oneof(rolling, canary, blueGreen) : fc.oneof(canary, blueGreen)
}

const scale = fc.oneof(
  fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 9 })).map(([min, more]) => ({ min, max: min + more })),
  fc.record({ min: fc.nat(9) }),
  fc.record({ max: fc.integer({ min: 1, max: 9 }) }),
)

const model = fc.oneof(
  fc.tuple(word, word, word).map(([registry, name, alias]) => `${registry}/org/${name}@${alias}`),
  fc.record({ registry: word, name: word, version: word }),
  fc.record({ registry: word, name: word, alias: word }),
  fc.record({ registry: word, text: word }),
)

const runtime = fc.record(
  {
    env: fc.dictionary(
      variable.map((name) => `E${name}`),
      fc.string(),
    ),
    secrets: fc.dictionary(
      variable.map((name) => `S${name}`),
      word.map((name) => `env:${name}`),
    ),
    resources: fc.dictionary(word, fc.oneof(fc.string(), fc.nat())),
  },
  { requiredKeys: [] },
)

const target = fc.oneof(
  label,
  fc.record({ name: label, settings: fc.dictionary(word, fc.jsonValue()) }, { requiredKeys: ['name'] }),
)

/** Valid deployments, with any of the optional fields left out. */
export const deploymentInput: fc.Arbitrary<ModelDeploymentInput> = fc
  .uniqueArray(gate, { selector: ({ name }) => name, maxLength: 3 })
  .chain((analysis) => {
    const strategy = strategyWith(analysis.map(({ name }) => name))
    const limits = { deadline: duration, answerWithin: duration }
    const falseAlarms = fc.double({ min: 0.0001, max: 0.5, noNaN: true })
    const fields = { model, target, runtime, scale, ...limits, falseAlarms, policies: fc.uniqueArray(label) }
    const optional = fc.record(fields, { requiredKeys: ['model', 'target'] })
    return fc.record({
      metadata,
      spec: fc.tuple(optional, strategy).map(([rest, chosen]) => ({ ...rest, strategy: chosen, analysis })),
    })
  })

const backend: fc.Arbitrary<RouteBackendInput> = fc.oneof(
  fc.record(
    { deployment: label, weight: fc.double({ min: 0.1, max: 50, noNaN: true }) },
    { requiredKeys: ['deployment'] },
  ),
  fc.record({ provider: label, model: word }),
)
const identity = (one: RouteBackendInput): string =>
  'deployment' in one ? one.deployment : `${one.provider} ${one.model}`

/** Valid routes, with any of the optional fields left out. */
export const routeInput: fc.Arbitrary<ModelRouteInput> = fc.record({
  metadata,
  spec: fc.record(
    {
      names: fc.uniqueArray(fc.constantFrom('gpt-4.1-mini', 'Llama-3-8B', 'org/model', 'o3:latest'), {
        minLength: 1,
      }),
      operations: fc.uniqueArray(fc.constantFrom('infer', 'chat', 'embed'), { minLength: 1 }),
      backends: fc.uniqueArray(backend, { selector: identity, minLength: 1, maxLength: 4 }),
      fallback: fc.uniqueArray(fc.record({ deployment: label }), { selector: identity, maxLength: 3 }),
      timeout: duration,
      onPolicyError: fc.constantFrom('deny', 'allow'),
      translation: fc.constantFrom(
        {},
        { cannotCarry: 'refuse' as const },
        { approximations: 'refuse' as const },
      ),
    },
    { requiredKeys: ['operations', 'backends'] },
  ),
})
