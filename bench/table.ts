import { performance } from 'node:perf_hooks'
import { systemClock } from 'modelspine/adapter'
import { defineRoute, type ModelRoute } from 'modelspine/resources'
import { createRouteTableHolder, type DeploymentView } from 'modelspine/routing'
import { type BenchResult, median } from './bench.ts'

const sizes = [1000, 10_000, 100_000] as const
const changes = 2000

/** What a change of one deployment costs in a route table of this size, each deployment with a route. */
export async function run(): Promise<BenchResult> {
  const costs = new Map<number, number>()
  for (const size of sizes) costs.set(size, median([1, 2, 3].map(() => costAt(size))))
  const [small = 0, , large = 0] = [...costs.values()]
  return {
    name: 'table',
    rows: [
      ...[...costs].map(([size, value]) => ({ what: `one change among ${size} routes`, value, unit: 'µs' })),
      {
        what: 'a change among 100,000 routes, compared with one among 1,000',
        value: large / small,
        unit: '×',
        aim: { atMost: 3 },
      },
    ],
  }
}

function costAt(size: number): number {
  const holder = createRouteTableHolder({ clock: systemClock })
  const names = Array.from({ length: size }, (_, place) => `d${place}`)
  holder.load({
    routes: names.map(routeTo),
    deployments: names.map((name) => view(name, 1)),
    providers: {},
    connect: {
      test: () => ({ name: 'test', capabilities: { operations: ['chat'], streaming: false, dialects: [] } }),
    },
  })
  const began = performance.now()
  for (let change = 1; change <= changes; change += 1) {
    const changed = view(names[(change * 7919) % size] ?? 'd0', 1 + (change % 99))
    holder.change({ routes: new Map(), deployments: new Map([[changed.key, changed]]) })
    if (holder.current?.find(changed.key) === undefined) throw new Error('the change is not in the table')
  }
  const tookMs = performance.now() - began
  void holder.close()
  return (tookMs / changes) * 1000
}

function routeTo(name: string): ModelRoute {
  return defineRoute({ metadata: { name }, spec: { operations: ['chat'], backends: [{ deployment: name }] } })
}

function view(name: string, weight: number): DeploymentView {
  return {
    key: `default/${name}`,
    traffic: [
      { revision: 'one', target: 'local', weight },
      { revision: 'two', target: 'local', weight: 100 - weight },
    ],
    endpoints: ['one', 'two'].map((revision) => ({
      revision,
      target: 'local',
      endpoint: { protocol: 'test', address: `test://${name}/${revision}` },
    })),
  }
}
