/**
 * A control plane rolls out real classifiers of handwritten digits under live traffic. A canary promotes a
 * better classifier. A policy refuses a classifier that is not approved. A worse classifier is rolled back.
 * The audit log proves all of this.
 */

import { createGateway } from 'modelspine/gateway'
import { cleanUpOnce } from '../telling/clean-up.ts'
import { createScore } from '../telling/score.ts'
import { createScreen } from '../telling/screen.ts'
import { startTraffic, type Traffic } from '../telling/traffic.ts'
import { createPlane } from './control.ts'
import { loadDigits, splitDigits } from './digits.ts'
import { leaveHome, leaveHomesOfTheDead, makeHome, serversIn } from './home.ts'
import { questionOf } from './question.ts'
import { createStory } from './story.ts'

const seed = 1
const trainingDigits = 7500
const requestsPerSecond = 200

const screen = createScreen()
screen.title('Modelspine', 'a control plane for models, inside this process')

const leftovers = await leaveHomesOfTheDead()
const home = makeHome()
const score = createScore()
const { plane, registry } = createPlane(home, serversIn(home), score)
const gateway = createGateway({ router: plane.router })
let traffic: Traffic | undefined
let listening: Awaited<ReturnType<typeof gateway.listen>> | undefined

/** No process, no port and no file is left. */
const cleanUp = cleanUpOnce(
  async () => {
    screen.close()
    await traffic?.stop()
    await listening?.close({ drainMs: 1000 })
    await plane.stop({ drainMs: 1000 })
    await leaveHome(home)
  },
  (signal) => screen.event('note', `${signal}: cleaning up`),
)

try {
  if (leftovers > 0) screen.event('note', `cleaned up after earlier runs that were killed: ${leftovers}`)
  const { test } = splitDigits(loadDigits(), { training: trainingDigits, seed })
  await plane.start()
  listening = await gateway.listen({ port: 0 })
  const url = listening.url
  const story = createStory({ plane, registry, home, score, screen, url, seed, trainingDigits })
  await story.tell(() => {
    traffic = startTraffic({
      url: `${url}/v2/models/digits/infer`,
      ask: (number) => questionOf(test, number % test.count),
      perSecond: requestsPerSecond,
      answered(answer) {
        score.answered(answer)
        plane.feedback.record({ kind: 'label', requestId: answer.requestId, value: answer.truth })
      },
      failed: (reason) => score.failed(reason),
    })
    return traffic
  })
  await cleanUp.leave()
} catch (error) {
  if (!cleanUp.isLeaving) {
    screen.event('fail', String(error))
    process.exitCode = 1
  }
  await cleanUp.leave()
}
