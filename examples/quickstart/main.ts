/**
 * A control plane rolls out real classifiers of handwritten digits under live traffic. A canary promotes a
 * better classifier. A policy refuses a classifier that is not approved. A worse classifier is rolled back.
 * The audit log proves all of this.
 */

import { createGateway } from 'modelspine/gateway'
import { createPlane } from './control.ts'
import { loadDigits, splitDigits } from './digits.ts'
import { leaveHome, leaveHomesOfTheDead, makeHome, serversIn } from './home.ts'
import { createScore } from './score.ts'
import { createScreen } from './screen.ts'
import { createStory } from './story.ts'
import { startTraffic, type Traffic } from './traffic.ts'

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

/** Cleans up, so that no process, no port and no file is left. */
let leaving: Promise<void> | undefined
const leave = (): Promise<void> => {
  leaving ??= (async () => {
    screen.close()
    await traffic?.stop()
    await listening?.close({ drainMs: 1000 })
    await plane.stop({ drainMs: 1000 })
    await leaveHome(home)
  })()
  return leaving
}
// The terminal and npm may both pass on the same Ctrl-C. The second signal must not stop the cleanup.
let signalled = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (signalled) return
    signalled = true
    screen.event('note', `${signal}: cleaning up`)
    void leave().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
  })
}

try {
  if (leftovers > 0) screen.event('note', `cleaned up after earlier runs that were killed: ${leftovers}`)
  const { test } = splitDigits(loadDigits(), { training: trainingDigits, seed })
  await plane.start()
  listening = await gateway.listen({ port: 0 })
  const url = listening.url
  const story = createStory({ plane, registry, home, score, screen, url, seed, trainingDigits })
  await story.tell(() => {
    traffic = startTraffic({
      url,
      digits: test,
      perSecond: requestsPerSecond,
      answered(answer) {
        score.answered(answer)
        plane.feedback.record({ kind: 'label', requestId: answer.requestId, value: answer.truth })
      },
      failed: (reason) => score.failed(reason),
    })
    return traffic
  })
  await leave()
} catch (error) {
  if (leaving === undefined) {
    screen.event('fail', String(error))
    process.exitCode = 1
  }
  await leave()
}
