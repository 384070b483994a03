import { ModelspineError } from '../../../../src/errors.ts'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import type { Moved } from '../../../../src/resources/index.ts'
import { createRouter, staticRoutes } from '../../../../src/routing/index.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'

/**
 * The models that the real router asks for a name while nobody answers, in their order, for many requests. Each order is
 * told once, with the part of the requests that had it.
 */
export async function asked(
  { routes, providers }: Moved,
  name: string,
  requests: number,
): Promise<ReadonlyMap<string, number>> {
  let order: string[] = []
  const table = staticRoutes({
    routes,
    providers: Object.fromEntries(
      providers.map((provider) => [
        provider.name,
        memoryProvider({
          name: provider.name,
          chat: ({ model }) => {
            order.push(model)
            throw new ModelspineError('overloaded', 'nobody answers')
          },
        }),
      ]),
    ),
  })
  const router = createRouter({ table, clock: createFakeClock() })
  const counts = new Map<string, number>()
  for (let request = 0; request < requests; request += 1) {
    order = []
    await router.chat(name, { messages: [] }).catch(() => undefined)
    const text = order.join(' ')
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return new Map([...counts].map(([text, count]) => [text, count / requests]))
}
