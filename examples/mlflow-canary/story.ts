import type { ControlPlane, ModelDeployment, PlaneAction, PlaneEvent } from 'modelspine'
import type { Resource } from 'modelspine/resources'
import { createCast } from '../telling/cast.ts'
import { describeFailures, narrate, summaryRows } from '../telling/narrate.ts'
import type { Score } from '../telling/score.ts'
import type { Screen } from '../telling/screen.ts'
import { tellAudit } from '../telling/tell-audit.ts'
import type { Recipe, Team } from './team.ts'

export interface StoryOptions {
  readonly plane: ControlPlane
  readonly resources: readonly Resource[]
  /** The revision of the policies that OPA decides with. */
  readonly policyRevision: string
  readonly team: Team
  readonly score: Score
  readonly screen: Screen
  readonly url: string
}

export interface Story {
  /** Calls `startTraffic` as soon as the first version is ready for requests. It returns how to stop it. */
  tell(startTraffic: () => () => Promise<void>): Promise<void>
}

const actor = { name: 'deploy-job' }
/** How a rollout may end. */
const ends: readonly PlaneAction[] = ['rollout-completed', 'rollout-rolled-back', 'rollout-held']
const owner = 'digits-team'
const reviewer = 'model-risk'
const atRegistration = { owner, data_classification: 'internal', approval: 'pending' }
const review = { reviewed_by: reviewer, approval: 'approved' }

export function createStory(options: StoryOptions): Story {
  const { plane, resources, policyRevision, team, score, screen, url } = options
  const deployment = resources.find((each): each is ModelDeployment => each.kind === 'ModelDeployment')
  if (deployment === undefined) throw new Error('the resources have no deployment')
  const cast = createCast({ plane, score, deployment })

  /** The next event of this name. Throws when another end of the rollout comes first. */
  const next = (action: PlaneAction): Promise<PlaneEvent> => {
    const event = new Promise<PlaneEvent>((resolve, reject) => {
      const stop = plane.on('event', (event) => {
        if (event.action !== action && !ends.includes(event.action)) return
        stop()
        if (event.action === action) resolve(event)
        else reject(new Error(`${event.action} came before ${action}: ${JSON.stringify(event.details)}`))
      })
    })
    // It may fail before somebody waits for it.
    event.catch(() => {})
    return event
  }

  const register = async (recipe: Recipe): Promise<string> => {
    const { version, description, accuracy, tookMs } = await team.train(recipe, atRegistration)
    screen.event(
      'note',
      `v${version} trained and logged in ${(tookMs / 1000).toFixed(1)} s: ${description}`,
      [`in MLflow: accuracy ${accuracy.toFixed(3)}, owner ${owner}, data internal, approval pending`],
    )
    return version
  }

  const tellChampion = async (): Promise<void> => {
    const version = await team.versionOf('champion')
    const { conditions } = await plane.explain('digits')
    const aliasSet = conditions.find(({ type }) => type === 'AliasSet')
    screen.event('ok', `MLflow’s own client reads: digits@champion is version ${version}`, [
      `condition AliasSet is ${aliasSet?.status}: ${aliasSet?.message}`,
    ])
  }

  const deployFirst = async (): Promise<void> => {
    screen.chapter('v1 is proposed in MLflow, and deploys')
    const version = await register('bayes')
    await team.tag(version, review)
    await team.propose(version)
    screen.event('note', `${reviewer} approves it, and the alias candidate points to it`)
    const completed = next('rollout-completed')
    for (const resource of resources) await plane.apply(resource, { actor })
    await completed
    const aliasSet = next('alias-set')
    screen.event('ok', `v1 serves all traffic at ${url}/v2/models/digits/infer`)
    await aliasSet
    await tellChampion()
  }

  const refuseUnreviewed = async (): Promise<string> => {
    screen.chapter('v2 is better, but nobody has reviewed it')
    const version = await register('svm')
    const blocked = next('rollout-blocked')
    await team.propose(version)
    const { details } = await blocked
    const findings = details.findings as readonly { readonly rule: string; readonly message: string }[]
    screen.event('fail', `OPA refuses v2 at promote: condition PolicyDenied, reason ${details.reason}`, [
      ...findings.map(({ rule, message }) => `${rule}: ${message}`),
      `policy revision ${details.policyRevision}`,
      'no server was started for v2; v1 still serves all traffic',
    ])
    return version
  }

  const promoteReviewed = async (version: string): Promise<void> => {
    screen.chapter('v2 is approved in MLflow: a canary takes it from 20 to 100 %')
    const completed = next('rollout-completed')
    screen.event('note', `${reviewer} approves v2; MLflow’s webhook tells Modelspine`)
    await team.tag(version, review)
    await completed
    const aliasSet = next('alias-set')
    screen.event('ok', 'v2 is stable and takes all traffic; v1 is no longer needed')
    await aliasSet
    await tellChampion()
  }

  const rollBackWorse = async (): Promise<string> => {
    screen.chapter('v3 was measured on another export of the data: approved, fast, healthy and wrong')
    const version = await register('new-export')
    const rolledBack = next('rollout-rolled-back')
    screen.event('note', `${reviewer} approves it, and the alias candidate points to it`)
    await team.tag(version, review)
    await team.propose(version)
    await rolledBack
    const told = `after ${(cast.exposedMs('v3') / 1000).toFixed(1)} s and ${cast.scoreOf('v3')?.requests ?? 0} requests`
    screen.event('back', `v3 is rolled back ${told}; v2 has all traffic again`)
    await tellChampion()
    return told
  }

  const proveIt = async (): Promise<string> => {
    screen.chapter('The audit log proves it')
    return tellAudit(screen, plane.audit, () => aliasRecords(plane))
  }

  return {
    async tell(startTraffic) {
      const silence = plane.on('event', (event) => narrate(screen, cast, event))
      await deployFirst()
      const stopTraffic = startTraffic()
      screen.live(cast.panel)
      await promoteReviewed(await refuseUnreviewed())
      const rolledBack = await rollBackWorse()
      await stopTraffic()
      screen.live(undefined)
      const records = await proveIt()
      silence()
      screen.summary({
        heading: 'What happened',
        columns: ['version', 'requests', 'accuracy', 'p50', 'result'],
        rows: summaryRows(cast, {
          v1: 'first, then replaced by v2',
          v2: 'refused, then approved and promoted: champion',
          v3: `rolled back ${rolledBack}`,
        }),
        facts: [
          ['failed requests', describeFailures(score.failedRequests, score.reasons)],
          ['failed attempts', String(score.failedAttempts)],
          ['labels that came back', String(plane.feedback.counts.joined)],
          ['policy revision', policyRevision],
          ['audit records', records],
        ],
        next: [
          'examples/mlflow-canary/plane.ts   the plane, to copy into your own app',
          'examples/mlflow-canary/resources  what is declared, and policies/ what is allowed',
          'docs/getting-started.md           the first steps without these servers',
        ],
      })
    },
  }
}

/** One line for each alias that the plane has set. */
async function aliasRecords(plane: ControlPlane): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const { action, details } of plane.audit.read()) {
    if (action === 'alias-set')
      lines.push(`alias-set: ${details.model}@${details.alias} → ${details.version}`)
  }
  return lines
}
