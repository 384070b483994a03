import { generateText, streamText } from 'ai'
import { fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'
import { hostedTarget } from '../../../../src/index.ts'
import { ann, planeFixture } from '../../plane/plane-fixture.ts'
import { finishReason, modelOf, own, usage } from './route-world.ts'

const hosted = (version: string, model: string) =>
  ({
    name: 'chat',
    version,
    approval: 'approved',
    artifact: { kind: 'hosted', provider: 'sdk', model },
  }) as const

const saying = (text: string) =>
  modelOf(
    [
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: text },
      { type: 'text-end', id: '1' },
      { type: 'finish', usage, finishReason },
    ],
    { content: [{ type: 'text', text }] },
  )

describe('a canary behind a model of the AI SDK', () => {
  it('answers by its weight, and is told ratings by the id of the request', async () => {
    const sdk = fromAiSdk({ language: (id) => saying(id) }, { name: 'mock' })
    const fixture = planeFixture({ plane: { targets: { vendor: hostedTarget() }, providers: { sdk } } })
    const { plane, registry, until, phase } = fixture
    await registry.register(hosted('1', 'old-model'))
    await registry.register(hosted('2', 'new-model'))
    await plane.start()
    const strategy = { canary: { steps: [{ weight: 30 }, { pause: 'until-promoted' as const }] } }
    const spec = { target: 'vendor', strategy }
    await plane.deploy('chat', { ...spec, model: 'models/chat:1' }, { actor: ann })
    await plane.route('chat', { operations: ['chat'], backends: [{ deployment: 'chat' }] }, { actor: ann })
    await until(async () => (await phase('chat')) === 'converged')
    await plane.deploy('chat', { ...spec, model: 'models/chat:2' }, { actor: ann })
    await until(async () => (await phase('chat')) === 'pausing')

    const model = languageModel(plane.router, 'chat')
    const answers = new Map<string, number>()
    const revisions = new Map<unknown, unknown>()
    for (let asked = 0; asked < 100; asked += 1) {
      const { text, finalStep } = await generateText({ model, prompt: 'Hi' })
      const told = own(finalStep.providerMetadata)
      answers.set(text, (answers.get(text) ?? 0) + 1)
      expect(told).toMatchObject({ route: 'chat', deployment: 'default/chat', provider: 'mock', model: text })
      revisions.set(told.revision, text)
      const { requestId } = told as { readonly requestId: string }
      expect(plane.feedback.record({ kind: 'rating', requestId, value: 5 })).toEqual({ outcome: 'joined' })
    }
    expect([...revisions.values()].sort()).toEqual(['new-model', 'old-model'])
    expect(answers.get('new-model')).toBeGreaterThan(10)
    expect(answers.get('new-model')).toBeLessThan(50)

    const streamed = streamText({
      model,
      prompt: 'Hi',
      providerOptions: { modelspine: { callerId: 'mine' } },
    })
    const text = await streamed.text
    const told = own((await streamed.finalStep).providerMetadata)
    expect(told).toMatchObject({ model: text, callerId: 'mine' })
    expect(plane.feedback.record({ kind: 'rating', requestId: 'mine', value: 1 })).toEqual({
      outcome: 'joined',
    })
    await plane.stop()
  })
})
