import { pathToFileURL } from 'node:url'
import type { ControlPlane, Explanation } from 'modelspine'
import type { fileRegistry } from 'modelspine/adapters/file'
import { createCast } from '../telling/cast.ts'
import { describeFailures, narrate, summaryRows } from '../telling/narrate.ts'
import type { Score } from '../telling/score.ts'
import type { Screen } from '../telling/screen.ts'
import { tellAudit } from '../telling/tell-audit.ts'
import type { Traffic } from '../telling/traffic.ts'
import type { Home } from './home.ts'
import { actor, digitsAt, route } from './resources.ts'
import { tamper } from './tamper.ts'
import { train } from './train.ts'
import type { TrainedModel } from './training/train-model.ts'

export interface StoryOptions {
  readonly plane: ControlPlane
  readonly registry: ReturnType<typeof fileRegistry>
  readonly home: Home
  readonly score: Score
  readonly screen: Screen
  readonly url: string
  readonly seed: number
  readonly trainingDigits: number
}

export interface Story {
  /** Calls `startTraffic` as soon as the first version is ready for requests. */
  tell(startTraffic: () => Traffic): Promise<void>
}

export function createStory(options: StoryOptions): Story {
  const { plane, registry, home, score, screen, url, seed, trainingDigits } = options
  const cast = createCast({ plane, score, deployment: digitsAt('v1') })
  const models = train({ folder: home.training, seed, training: trainingDigits })

  /** Trains the next classifier and puts it into the registry. */
  const register = async (approval: 'approved' | 'pending'): Promise<TrainedModel> => {
    const { value } = await models.next()
    if (value === undefined) throw new Error('there is no further classifier')
    await registry.register({
      name: 'digits',
      version: value.version,
      approval,
      artifact: { kind: 'files', files: [{ uri: pathToFileURL(value.file).href }] },
      metrics: { accuracy: value.testAccuracy },
    })
    const trained = `${value.version} trained in ${(value.trainingMs / 1000).toFixed(1)} s: ${value.description}`
    screen.event('note', trained, [`registered as ${approval}`])
    return value
  }

  const rollOut = async (version: string, until: 'ready' | 'settled'): Promise<Explanation> => {
    await plane.apply(digitsAt(version), { actor })
    await plane.wait('digits', { until })
    return plane.explain('digits')
  }

  const deployFirst = async (): Promise<void> => {
    screen.chapter('v1 deploys')
    await register('approved')
    await plane.apply(route, { actor })
    await rollOut('v1', 'ready')
    screen.event('ok', `v1 serves all traffic at ${url}/v2/models/digits/infer`)
  }

  /** What the first gate needs and can see, before the version gets any traffic. */
  const tellPrice = async (version: string): Promise<void> => {
    const { rollout, warnings } = await plane.plan(digitsAt(version), { actor })
    screen.event('note', `the plan of ${version} says what its gates can see`, [
      rollout?.gates[0]?.message ?? 'nothing yet',
      warnings.length === 0
        ? 'it has no warnings'
        : `it has ${warnings.length} warnings, because steps of seconds show large differences only`,
    ])
  }

  const promoteBetter = async (): Promise<void> => {
    screen.chapter('v2 is better: a canary takes it from 10 to 100 %')
    await register('approved')
    await tellPrice('v2')
    await rollOut('v2', 'ready')
    screen.event('ok', 'v2 is stable and takes all traffic; v1 is no longer needed')
  }

  const refuseUnapproved = async (): Promise<void> => {
    screen.chapter('v3 is even better, but it is not approved')
    await register('pending')
    const { conditions } = await rollOut('v3', 'settled')
    const denied = conditions.find(({ type }) => type === 'PolicyDenied')
    screen.event('fail', `v3 is refused at promote: condition PolicyDenied, reason ${denied?.reason}`, [
      denied?.message ?? '',
      'no server was started for v3; v2 still serves all traffic',
    ])
  }

  const rollBackWorse = async (): Promise<string> => {
    screen.chapter('v4 was trained on shuffled labels: fast, healthy and wrong')
    await register('approved')
    const { waitsFor } = await rollOut('v4', 'settled')
    const tookMs = cast.exposedMs('v4')
    const answers = cast.scoreOf('v4')?.requests ?? 0
    const told = `after ${(tookMs / 1000).toFixed(1)} s and ${answers} requests`
    screen.event('back', `v4 is rolled back ${told}; v2 has all traffic again`, [waitsFor])
    return told
  }

  const proveIt = async (): Promise<readonly (readonly [string, string])[]> => {
    screen.chapter('The audit log proves it')
    const verified = await tellAudit(screen, plane.audit)
    const tampered = await tamper(home.audit, `${home.folder}/tampered`)
    screen.event('fail', `in a copy, one byte is changed (${tampered.change})`, [tampered.verdict])
    return [
      ['audit records', verified],
      ['one changed byte', tampered.verdict],
    ]
  }

  return {
    async tell(startTraffic) {
      const silence = plane.on('event', (event) => narrate(screen, cast, event))
      await deployFirst()
      const traffic = startTraffic()
      screen.live(cast.panel)
      await promoteBetter()
      await refuseUnapproved()
      const rolledBack = await rollBackWorse()
      await traffic.stop()
      screen.live(undefined)
      const proof = await proveIt()
      silence()
      screen.summary({
        heading: 'What happened',
        columns: ['version', 'requests', 'accuracy', 'p50', 'result'],
        rows: summaryRows(cast, {
          v1: 'first, then replaced by v2',
          v2: 'promoted, serves all traffic',
          v3: 'refused: not approved',
          v4: `rolled back ${rolledBack}`,
        }),
        facts: [
          ['failed requests', describeFailures(score.failedRequests, score.reasons)],
          ['failed attempts', String(score.failedAttempts)],
          ...proof,
        ],
        next: [
          'npm run example -- examples/router-only.ts       two vendors and a fallback, no control plane',
          'npm run example -- examples/reconcile-script.ts  the loop on your own schedule',
          'examples/mlflow-canary/README.md                 the same with MLflow, OPA, KServe and Prometheus',
          'docs/getting-started.md                          the same in your own app',
        ],
      })
    },
  }
}
