import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answeredVector } from '../laboratory/words.ts'
import { clientList } from './client-list.ts'
import { clientPage, nowhere, withClients } from './client-table.ts'
import { type ClientWorld, failureKinds, openClientWorld, routeName } from './client-world.ts'
import { image, type Said } from './real-client.ts'
import { prompts, saidJson, saidText, scriptedVendors, toolCall, usage } from './scripted-vendors.ts'

let world: ClientWorld
beforeAll(async () => {
  world = await openClientWorld()
})
afterAll(() => world.close())

const whole: Said = { text: saidText, calls: [], ...usage, pieces: 0 }

describe.each(clientList.map((make) => ({ make, ...make(nowhere) })))('$name', ({ make, embed }) => {
  describe.each(scriptedVendors)('over $name', ({ name: vendor, embeds, piecesOfArguments }) => {
    const client = () => make(world)
    const sent = (): string => world.servers.get(vendor)?.seen.at(-1)?.body.toString() ?? ''

    it('chats', async () => {
      expect(await client().ask({ model: vendor, text: prompts.text })).toEqual(whole)
    })

    it('reads a stream in pieces', async () => {
      const said = await client().stream({ model: vendor, text: prompts.text })
      expect(said).toEqual({ ...whole, pieces: 5 })
    })

    it('calls a tool, whole and in fragments', async () => {
      const question = { model: vendor, text: prompts.tool, tool: true } as const
      expect(await client().ask(question)).toEqual({ ...whole, text: '', calls: [toolCall] })
      const streamed = await client().stream(question)
      expect(streamed).toMatchObject({ text: '', calls: [toolCall], ...usage })
      if (piecesOfArguments) expect(streamed.pieces).toBeGreaterThanOrEqual(2)
    })

    it('shows an image, whose bytes arrive', async () => {
      await client().ask({ model: vendor, text: prompts.text, image })
      expect(sent()).toContain(image)
    })

    it('asks for JSON of a schema', async () => {
      const question = { model: vendor, text: prompts.schema, schema: true } as const
      expect((await client().ask(question)).text).toBe(saidJson)
      expect(sent()).toContain('hueOfSky')
      expect((await client().stream(question)).text).toBe(saidJson)
      expect(sent()).toContain('hueOfSky')
    })

    it.runIf(embeds && embed !== undefined)('embeds', async () => {
      expect(await client().embed?.(vendor, 'a text')).toEqual(answeredVector)
    })

    it('leaves in the middle of a stream, and the upstream’s call ends', async () => {
      const server = world.servers.get(vendor)
      const left = server?.left ?? 0
      await client()
        .leave({ model: vendor, text: prompts.endless })
        .catch((error: unknown) => expect(String(error)).toMatch(/abort/i))
      await server?.whenLeft(left + 1)
    })

    it.each(failureKinds)('learns that it is %s', async (kind) => {
      const { errors, retryAfter, ask, stream } = client()
      const question = { model: routeName(vendor, kind), text: prompts.text }
      for (const work of [ask, stream]) {
        const error: unknown = await work(question).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        expect(error).toBeInstanceOf(errors[kind].kind)
        expect(error).toMatchObject(errors[kind].like)
        if (kind === 'rate-limited') expect(retryAfter(error)).toBe('7')
      }
    })
  })
})

it('the table of clients is what `npm run clients` writes', () => {
  const page = readFileSync(clientPage, 'utf8')
  expect(withClients(page)).toBe(page)
})
