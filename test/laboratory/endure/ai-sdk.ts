import { getEventListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { fallback, fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import { createRouter, type Router, staticRoutes } from 'modelspine/routing'
import { type Clock, seededRandom } from '../../../src/clock.ts'
import { faultNames } from '../faults.ts'
import { type Laboratory, openLaboratory } from '../laboratory.ts'
import { openaiWords } from '../openai-words.ts'
import { askModel } from './ask-model.ts'
import { judgeEnds } from './judge-ends.ts'
import { type Callers, keepAsking } from './keep-asking.ts'
import { mannerOf } from './manner.ts'
import type { BeginSubject } from './subject.ts'

/** Longer than any pause of an upstream that goes on. */
const timeouts = { firstOutputMs: 20_000, idleMs: 10_000 }
const routeTimeouts = { firstOutput: '20s', idle: '10s' } as const
/** Short, so that models go on misbehaving, and are probed all the time. */
const rest = { restMs: 500, longestRestMs: 2000 }

/**
 * 50 streams at a time in the AI SDK: half of them of models that fail over, half of routes. What they ask misbehaves in
 * every way, and what stands behind it is well. Some callers leave, and some stall and return.
 */
export const beginAiSdk: BeginSubject = async ({ clock, seed }) => {
  const [sick, well] = await Promise.all([
    openLaboratory(openaiWords, clock),
    openLaboratory(openaiWords, clock),
  ])
  const routed = routesTo(sick, well, clock)
  const models = faultNames.map((fault) => ({
    fault,
    fails: fallback([modelAt(sick.url, fault), modelAt(well.url, 'none')], { clock, timeouts, rest }),
    routed: languageModel(routed.router, fault),
  }))
  const random = seededRandom(seed)
  // As of an app that passes on what tells it to end: it outlives all requests.
  const shutdown = new AbortController()
  let requests = 0
  const callersOf = (kind: 'fails' | 'routed'): Callers =>
    keepAsking(25, random, async () => {
      const drawn = models[Math.floor(random() * models.length)]
      if (drawn === undefined) throw new Error('there is no model')
      requests += 1
      try {
        const { end, got } = await askModel(drawn[kind], {
          fault: drawn.fault,
          manner: mannerOf(random()),
          abortSignal: shutdown.signal,
        })
        return { end, got: `${kind}, ${got}` }
      } finally {
        requests -= 1
      }
    })
  const callers = [callersOf('fails'), callersOf('routed')]
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
    async stop() {
      await Promise.all(callers.map((each) => each.stop()))
    },
    judge: () => judgeEnds(callers, `${laboratories[0]?.calls.all} calls to models that misbehave`),
    get unexpected() {
      return callers.flatMap(({ unexpected }) => unexpected)
    },
    async close() {
      await routed.close()
      await Promise.all([sick.close(), well.close()])
    },
  }
}

/** A route for each fault, from a model of the AI SDK to a provider of ours. */
function routesTo(
  sick: Laboratory,
  well: Laboratory,
  clock: Clock,
): { readonly router: Router; close(): Promise<void> } {
  const spare = openaiCompatible({ baseUrl: `${well.url}/v1`, name: 'well' })
  const table = staticRoutes({
    providers: { sick: fromAiSdk({ language: (id) => modelAt(sick.url, id) }), well: spare },
    routes: faultNames.map((fault) => ({
      metadata: { name: fault },
      spec: {
        operations: ['chat'],
        backends: [{ provider: 'sick', model: fault }],
        fallback: [{ provider: 'well', model: 'none' }],
        timeouts: routeTimeouts,
      },
    })),
    clock,
  })
  return {
    router: createRouter({ table, clock }),
    async close() {
      await table.close()
      await spare.close?.()
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

function modelAt(url: string, fault: string): LanguageModelV4 {
  return createOpenAICompatible({ name: fault, baseURL: `${url}/v1` }).chatModel(fault)
}
