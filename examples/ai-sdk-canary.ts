/**
 * A canary of a prompt in the AI SDK, decided by the users. Each version of the prompt is a model of its own: it gets a
 * fifth of the users, they rate their answers, and `plane.feedback` is told. A prompt that is rated worse than the one
 * before is turned back. Run it with `npm run example -- examples/ai-sdk-canary.ts`.
 *
 * The vendor and the users are stand-ins on this machine.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { styleText } from 'node:util'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { generateText, wrapLanguageModel } from 'ai'
import { createControlPlane, hostedTarget, memoryRegistry } from 'modelspine'
import { fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import type { GateResult } from 'modelspine/resources'
import { type Asked, standInVendor } from './stand-in-vendor.ts'

const prompts = {
  v1: 'Answer in one sentence.',
  v2: 'Answer in one word.',
  v3: 'Answer warmly, and say what happens next.',
}
type Version = keyof typeof prompts

const vendor = await standInVendor(helpdesk)
const plain = createOpenAICompatible({ name: 'vendor', baseURL: vendor.baseURL }).chatModel('large')
const registry = memoryRegistry({ name: 'prompts', versions: [] })
const plane = createControlPlane({
  registries: { prompts: registry },
  targets: { vendor: hostedTarget() },
  providers: { prompts: fromAiSdk({ language: (version) => withPrompt(prompts[version as Version]) }) },
})
const actor = { name: 'ann@example.com' }
const model = languageModel(plane.router, 'helpdesk')

await plane.start()
await register('v1')
await plane.deploy(
  'helpdesk',
  {
    model: 'prompts/helpdesk@latest-approved',
    target: 'vendor',
    strategy: { canary: { steps: [{ weight: 20 }, { analyze: ['ratings'], for: '3s' }] } },
    analysis: [
      {
        name: 'ratings',
        metric: 'ratings.mean',
        range: { min: 1, max: 5 },
        pass: { noWorseThan: 'stable', by: 0.2 },
        maxFor: '40s',
      },
    ],
  },
  { actor },
)
await plane.route('helpdesk', { operations: ['chat'], backends: [{ deployment: 'helpdesk' }] }, { actor })
await plane.wait('helpdesk')

const ratings = new Map<string, number[]>()
let failed = 0
let isOpen = true
const users = Array.from({ length: 8 }, user)

console.log(
  `\n  ${styleText('bold', 'helpdesk')}  users rate each answer, and their ratings decide which prompt serves`,
)
tellPrompt('v1')
tell('cyan', '→ serves everyone')
for (const version of ['v2', 'v3'] as const) {
  await wait(500)
  const decided = decision()
  tellPrompt(version)
  await register(version)
  tell('cyan', '→ gets a fifth of the users')
  await decided
}

isOpen = false
await Promise.all(users)
console.log('')
for (const [version, given] of [...ratings].sort()) {
  const mean = given.reduce((sum, rating) => sum + rating, 0) / given.length
  const bar = '█'.repeat(Math.round(mean * 4)).padEnd(20)
  const count = String(given.length).padStart(4)
  console.log(`  ${version}  ${styleText('cyan', bar)}  ${mean.toFixed(1)} of 5, ${count} answers`)
}
console.log(`\n  ${failed} requests failed\n`)
await plane.stop()
vendor.die()

/** The vendor's model with a prompt in front of all that is asked. */
function withPrompt(content: string): LanguageModelV4 {
  return wrapLanguageModel({
    model: plain,
    middleware: {
      transformParams: async ({ params }) => ({
        ...params,
        prompt: [{ role: 'system', content }, ...params.prompt],
      }),
    },
  })
}

async function register(version: Version): Promise<void> {
  const artifact = { kind: 'hosted', provider: 'prompts', model: version } as const
  await registry.register({ name: 'helpdesk', version, approval: 'approved', artifact })
}

/** Asks, reads and rates, again and again. */
async function user(): Promise<void> {
  while (isOpen) {
    try {
      const { text, providerMetadata } = await generateText({ model, prompt: 'Where is my parcel?' })
      const { requestId, model: version } = providerMetadata?.modelspine ?? {}
      const value = liking(text)
      plane.feedback.record({ kind: 'rating', requestId: String(requestId), value })
      ratings.set(String(version), [...(ratings.get(String(version)) ?? []), value])
    } catch {
      failed += 1
    }
    await wait(40 + Math.random() * 40)
  }
}

/** Tells what becomes of the next rollout. */
function decision(): Promise<void> {
  return new Promise((resolve) => {
    const off = plane.on('event', ({ action, details: { gates } }) => {
      const isWell = action === 'analysis-passed'
      if (!isWell && action !== 'rollout-failed') return
      const numbers = measuredBy(gates as readonly GateResult[])
      tell(isWell ? 'green' : 'red', `${isWell ? '✓ is promoted' : '✗ is turned back'}: ${numbers}`)
      off()
      resolve()
    })
  })
}

function measuredBy([ratings]: readonly GateResult[]): string {
  const words = (measured: GateResult['candidate']): string =>
    `${measured?.value.toFixed(1)} from ${measured?.samples} ratings`
  return `${words(ratings?.candidate)}; the one before has ${words(ratings?.stable)}`
}

function tellPrompt(version: Version): void {
  console.log(`\n  ${styleText('bold', version)}  “${prompts[version]}”`)
}

function tell(style: 'cyan' | 'green' | 'red', text: string): void {
  console.log(styleText(style, `      ${text}`))
}

/** How a user likes an answer, from 1 to 5. */
function liking(text: string): number {
  const taste = text.includes('!') ? 4.4 : text.includes(' ') ? 3.6 : 2.2
  return Math.min(5, Math.max(1, Math.round(taste + (Math.random() - 0.5) * 2)))
}

/** What the vendor's model would say. */
function helpdesk({ messages }: Asked): string {
  const [{ content: prompt } = { content: '' }] = messages
  if (prompt === prompts.v2) return 'Basel.'
  if (prompt === prompts.v3)
    return 'Good news! It left Basel at nine, and it is with you tomorrow before noon.'
  return 'It left Basel at nine.'
}
