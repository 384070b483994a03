import { getEventListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { fallback } from 'modelspine/ai-sdk'
import { seededRandom } from '../../../src/clock.ts'
import { type FaultName, faultNames } from '../faults.ts'
import { type Laboratory, openLaboratory } from '../laboratory.ts'
import { openaiWords } from '../openai-words.ts'
import { askModel } from './ask-model.ts'
import { judgeEnds } from './judge-ends.ts'
import { keepAsking } from './keep-asking.ts'
import { mannerOf } from './manner.ts'
import type { BeginSubject } from './subject.ts'

/** Longer than any pause of an upstream that goes on. */
const timeouts = { firstOutputMs: 20_000, idleMs: 10_000 }
/** Short, so that models go on misbehaving, and are probed all the time. */
const rest = { restMs: 500, longestRestMs: 2000 }

/**
 * 50 streams at a time of models of the AI SDK that fail over, from a model that misbehaves in every way to one that is
 * well. Some callers leave, and some stall and return.
 */
export const beginAiSdk: BeginSubject = async ({ clock, seed }) => {
  const [sick, well] = await Promise.all([
    openLaboratory(openaiWords, clock),
    openLaboratory(openaiWords, clock),
  ])
  const models = new Map<FaultName, LanguageModelV4>()
  for (const fault of faultNames) {
    const first = modelAt(sick.url, fault)
    models.set(fault, fallback([first, modelAt(well.url, 'none')], { clock, timeouts, rest }))
  }
  const random = seededRandom(seed)
  // As of an app that passes on what tells it to end: it outlives all requests.
  const shutdown = new AbortController()
  let requests = 0
  const callers = keepAsking(50, random, async () => {
    const fault = faultNames[Math.floor(random() * faultNames.length)] ?? 'none'
    const model = models.get(fault)
    if (model === undefined) throw new Error(`there is no model for ${fault}`)
    requests += 1
    try {
      return await askModel(model, { fault, manner: mannerOf(random()), abortSignal: shutdown.signal })
    } finally {
      requests -= 1
    }
  })
  const laboratories = [sick, well].map((laboratory) => ({ laboratory, calls: callsOf(laboratory) }))
  return {
    counts: () => ({
      requests,
      calls: laboratories.reduce((sum, { calls }) => sum + calls.underWay, 0),
      listeners: getEventListeners(shutdown.signal, 'abort').length,
    }),
    forget() {
      for (const { laboratory } of laboratories) laboratory.forget()
    },
    stop: () => callers.stop(),
    judge: () => judgeEnds([callers], `${laboratories[0]?.calls.all} calls to models that misbehave`),
    unexpected: callers.unexpected,
    async close() {
      await Promise.all([sick.close(), well.close()])
    },
  }
}

/** Counts what came to an upstream. It goes on when the laboratory forgets. */
function callsOf({ server }: Laboratory): { readonly all: number; readonly underWay: number } {
  const calls = { all: 0, underWay: 0 }
  server.on('request', (_request, response: ServerResponse) => {
    calls.all += 1
    calls.underWay += 1
    response.once('close', () => {
      calls.underWay -= 1
    })
  })
  return calls
}

function modelAt(url: string, fault: FaultName): LanguageModelV4 {
  return createOpenAICompatible({ name: fault, baseURL: `${url}/v1` }).chatModel(fault)
}
