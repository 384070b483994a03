import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  defineRoute,
  type Moved,
  routesFromLitellm,
  routesFromPortkey,
} from '../../../../src/resources/index.ts'
import { type FieldPath, valueAt } from '../../../../src/resources/problems/field-path.ts'
import { draws } from '../../../draws.ts'
import { carriedNowhere, changed, forgotten, leavesOf, stepsOf } from './accounted.ts'

const fixtures = 'test/unit/resources/moving/fixtures'
const yaml = readFileSync(`${fixtures}/litellm.yaml`, 'utf8')
const json = readFileSync(`${fixtures}/portkey.json`, 'utf8')
const models = ['gpt-4o', 'anthropic/claude-opus-4-1']
const { $schema: _, ...portkey } = JSON.parse(json)

/** The path of every part of a config, not only of the last ones. */
function placesIn(value: unknown, path: FieldPath = []): readonly FieldPath[] {
  const children = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return children.flatMap(([step, child]) => {
    const at = [...path, Array.isArray(value) ? Number(step) : step]
    return [at, ...placesIn(child, at)]
  })
}

/** Nothing, where an earlier edit has taken the place away. */
function editedAt(config: unknown, path: FieldPath, value: unknown): unknown {
  return valueAt(config, path) === undefined ? config : changed(config, path, value)
}

const anything = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    0.5,
    1e300,
    '',
    ' ',
    '*',
    'a/*',
    '/',
    '@',
    '@x',
    'openai/',
    'os.environ/X',
    [],
    {},
  ),
  fc.string({ maxLength: 12 }),
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    'gpt-4o',
    'claude',
    'fast',
    'x'.repeat(300),
    '__proto__',
    'constructor',
    'http://',
    'ftp://a',
  ),
)

const configs: readonly {
  name: string
  config: unknown
  move: (source: string | object) => Promise<Moved>
}[] = [
  {
    name: "LiteLLM's",
    config: parse(yaml, { version: '1.1' }),
    move: (source) => routesFromLitellm(source, { models }),
  },
  { name: "Portkey's", config: portkey, move: (source) => routesFromPortkey(source, { models }) },
]

describe.each(configs)('a big config of $name', ({ config, move }) => {
  it('has no field that is not told', async () => {
    expect(leavesOf(config).length).toBeGreaterThan(50)
    expect(forgotten(config, await move(config as object))).toEqual([])
  })

  it('is carried to places that the result has', async () => {
    const moved = await move(config as object)
    expect(moved.carried.length).toBeGreaterThan(20)
    expect(carriedNowhere(moved)).toEqual([])
  })

  it('changes the result with every field that is said to be carried', async () => {
    const moved = await move(config as object)
    const before = JSON.stringify([moved.routes, moved.providers, moved.left])
    const without: string[] = []
    for (const { path } of moved.carried) {
      const steps = stepsOf(path)
      const old = leavesOf(config).find((leaf) => JSON.stringify(leaf.path) === JSON.stringify(steps))?.value
      // A secret is not in the result, but the variable that holds one is. An order counts only beside the others.
      const others =
        typeof old === 'number'
          ? [old * 2 + 1, 0]
          : [`other${String(old).replaceAll(/\W/g, '')}`, 'os.environ/X']
      const results = others.map((other) => move(changed(config, steps, other) as object))
      const shown = (await Promise.all(results)).map((after) =>
        JSON.stringify([after.routes, after.providers, after.left]),
      )
      if (shown.every((text) => text === before)) without.push(path)
    }
    expect(without).toEqual([])
  }, 60_000)

  it('is told whole, and its routes are valid, whatever stands in its fields', async () => {
    const places = placesIn(config)
    const edits = fc.array(fc.tuple(fc.constantFrom(...places), anything), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(edits, async (each) => {
        const odd = each.reduce<unknown>((edited, [path, value]) => editedAt(edited, path, value), config)
        const moved = await move(odd as object)
        expect(forgotten(odd, moved)).toEqual([])
        expect(carriedNowhere(moved)).toEqual([])
        for (const route of moved.routes) defineRoute(route)
      }),
      { numRuns: draws(50, 600) },
    )
  }, 60_000)

  it('becomes routes that are valid, each backend at a provider that is told', async () => {
    const { routes, providers } = await move(config as object)
    const names = new Set(providers.map(({ name }) => name))
    expect(names.size).toBe(providers.length)
    for (const route of routes) {
      const { spec } = defineRoute(route)
      for (const backend of [...spec.backends, ...spec.fallback]) {
        expect('provider' in backend && names.has(backend.provider)).toBe(true)
      }
    }
    const used = new Set(JSON.stringify(routes).match(/"provider":"[^"]+"/g))
    expect(used.size).toBe(providers.length)
  })
})

describe('a config that is a text', () => {
  it('is told with lines', async () => {
    const { left } = await routesFromLitellm(yaml, { models })
    const key = left.find(({ path }) => path === 'general_settings.master_key')
    expect(yaml.split('\n')[(key?.line ?? 0) - 1]).toContain('master_key')
    expect(left.filter(({ line }) => line === undefined)).toEqual([])
  })

  it('becomes the same as the object that it is', async () => {
    const withoutPlaces = ({ left, ...moved }: Moved): unknown => ({
      ...moved,
      left: left.map(({ line, column, ...field }) => field),
    })
    expect(withoutPlaces(await routesFromLitellm(yaml))).toEqual(
      withoutPlaces(await routesFromLitellm(parse(yaml, { version: '1.1' }))),
    )
    expect(withoutPlaces(await routesFromPortkey(json))).toEqual(
      withoutPlaces(await routesFromPortkey(portkey)),
    )
  })

  it.each(['model_list: [', '- a\n- b', 'just a text', '', 'a: 1\n---\nb: 2'])(
    'is refused when it is %j',
    async (text) => {
      await expect(routesFromLitellm(text, { file: 'config.yaml' })).rejects.toMatchObject({
        code: 'invalid-resource',
        details: { problems: [expect.objectContaining({ file: 'config.yaml' })] },
      })
    },
  )

  it('is refused when it should be JSON and is not', async () => {
    await expect(routesFromPortkey('{ targets: [] }', { file: 'config.json' })).rejects.toMatchObject({
      code: 'invalid-resource',
    })
  })
})
