import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import type { KubernetesClient } from '../../../../adapters/shared/kubernetes/kubernetes-client.ts'
import { watchObjects } from '../../../../adapters/shared/kubernetes/watch-objects.ts'

const maxLineBytes = 200

/** An API whose watch always says the same. What was asked comes with its second. */
async function watched(line: string, seconds: number, clock = createFakeClock()): Promise<readonly string[]> {
  const asked: string[] = []
  const note = (what: string): void => {
    asked.push(`${what} at ${Math.round(clock.monotonic() / 1000)}`)
  }
  const client = {
    async read() {
      note('list')
      return { metadata: { resourceVersion: '5' }, items: [] }
    },
    async stream() {
      note('watch')
      const chunks = (async function* () {
        yield Buffer.from(`${line}\n`)
      })()
      return { header: () => undefined, chunks }
    },
  } as unknown as KubernetesClient
  const abort = new AbortController()
  const options = {
    clock,
    list: () => ({ method: 'GET', path: '/list' }) as const,
    watch: (version: string) => ({ method: 'GET', path: `/watch/${version}` }) as const,
    nameOf: ({ name }: { readonly name: string }) => name,
    maxLineBytes,
  }
  const reading = (async () => {
    for await (const _ of watchObjects(client, options, abort.signal));
  })()
  await clock.advance(seconds * 1000)
  abort.abort()
  await reading
  return asked
}

describe('a watch of objects', () => {
  it.each([
    ['has no JSON', 'no json'],
    ['has another form', '{"type":5}'],
    ['is too long', 'a'.repeat(maxLineBytes + 1)],
  ])('lists again after a line that %s, ever more rarely', async (_, line) => {
    const asked = await watched(line, 300)
    const lists = asked.filter((each) => each.startsWith('list'))
    const watches = asked.filter((each) => each.startsWith('watch'))
    expect(lists.map((each) => each.slice(5))).toEqual(watches.map((each) => each.slice(6)))
    expect(lists.length).toBeGreaterThan(6)
    expect(lists.length).toBeLessThan(16)
  })

  it('goes on where it was after a line that it can read', async () => {
    const asked = await watched('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}', 20)
    expect(asked.filter((each) => each.startsWith('list'))).toEqual(['list at 0'])
    expect(asked.length).toBeGreaterThan(10)
  })

  it('asks the clock for chance as its method', async () => {
    const fake = createFakeClock()
    const clock = {
      ...fake,
      share: 0.5,
      random(): number {
        return this.share
      },
    }
    expect(await watched('no json', 1, clock)).toEqual(['list at 0', 'watch at 0', 'list at 1', 'watch at 1'])
  })
})
