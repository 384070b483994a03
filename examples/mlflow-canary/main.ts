/**
 * A company's canary: MLflow registers, OPA allows or refuses, KServe's server serves, the gateway routes, Prometheus
 * measures, labels come back, and the alias of the version that serves is written back to MLflow.
 */

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { loadResources } from 'modelspine/resources'
import { cleanUpOnce } from '../telling/clean-up.ts'
import { createScore } from '../telling/score.ts'
import { createScreen, type Screen } from '../telling/screen.ts'
import { type Question, startTraffic } from '../telling/traffic.ts'
import { leaveHome, leaveHomesOfTheDead, makeHome } from './home.ts'
import { install } from './install.ts'
import { sendLabels } from './labels.ts'
import { createPlane } from './plane.ts'
import { createPlatform } from './platform.ts'
import { createStory } from './story.ts'
import { startTeam } from './team.ts'

const requestsPerSecond = 40

if (process.argv[2] === 'install') await install()
else await tour()

async function tour(): Promise<void> {
  const screen = createScreen()
  screen.title('Modelspine', 'with MLflow, OPA, KServe’s model server and Prometheus')
  /** What has to be ended. What began last ends first, so that no process, no port and no file is left. */
  const endings: (() => Promise<unknown>)[] = []
  const cleanUp = cleanUpOnce(
    async () => {
      screen.close()
      const failed: unknown[] = []
      for (const end of endings.reverse()) await end().catch((error) => failed.push(error))
      if (failed.length > 0) throw failed[0]
    },
    (signal) => screen.event('note', `${signal}: cleaning up`),
  )
  try {
    await tell(screen, (end) => endings.push(end))
  } catch (error) {
    if (!cleanUp.isLeaving) {
      screen.event('fail', String(error))
      process.exitCode = 1
    }
  }
  await cleanUp.leave()
}

async function tell(screen: Screen, atTheEnd: (end: () => Promise<unknown>) => void): Promise<void> {
  const leftovers = await leaveHomesOfTheDead()
  if (leftovers > 0) screen.event('note', `cleaned up after earlier runs that were killed: ${leftovers}`)
  const home = makeHome()
  atTheEnd(() => leaveHome(home))

  screen.chapter('The company’s servers start')
  const platform = createPlatform(home.platform)
  screen.event('go', 'MLflow, OPA and Prometheus start, each on a free port of this machine')
  atTheEnd(platform.stop)
  const python = await platform.python()
  const team = startTeam(python, home.team)
  atTheEnd(team.leave)
  const servers = await platform.start()
  screen.event('ok', `MLflow ${servers.mlflow}, OPA ${servers.opa}, Prometheus ${servers.prometheus}`)

  const secret = randomUUID()
  process.env.MLFLOW_WEBHOOK_SECRET = secret
  const score = createScore()
  const { plane, gateway } = createPlane({ ...servers, python }, home, score)
  atTheEnd(() => plane.stop({ drainMs: 1000 }))
  await plane.start()
  const { url, close } = await gateway.listen({ port: 0 })
  atTheEnd(() => close({ drainMs: 1000 }))
  await servers.scrape(url)
  await team.connect(servers.mlflow)
  await team.subscribe(`${url}/hooks/mlflow`, secret)
  screen.event('ok', `the gateway ${url}: MLflow’s webhooks go to it, Prometheus scrapes it every second`)

  const resources = await loadResources(join(import.meta.dirname, 'resources'), { plane })
  const { pixels, labels } = await team.requests()
  const { policyRevision } = servers
  const story = createStory({ plane, resources, policyRevision, team, score, screen, url })
  await story.tell(() => {
    const back = sendLabels(`${url}/labels`, score.failed)
    const traffic = startTraffic({
      url: `${url}/v2/models/digits/infer`,
      ask: (number) => questionOf(pixels[number % pixels.length] ?? [], labels[number % labels.length] ?? -1),
      perSecond: requestsPerSecond,
      answered(answer) {
        score.answered(answer)
        back.give({ requestId: answer.requestId, value: answer.truth })
      },
      failed: score.failed,
    })
    let stopped: Promise<void> | undefined
    const stop = (): Promise<void> => {
      stopped ??= traffic.stop().then(back.stop)
      return stopped
    }
    atTheEnd(stop)
    return stop
  })
}

function questionOf(pixels: readonly number[], truth: number): Question {
  const inputs = [{ name: 'pixels', shape: [1, pixels.length], datatype: 'FP64', data: pixels }]
  return { body: JSON.stringify({ inputs }), truth }
}
