import type { Clock } from '../../src/clock.ts'
import { createGateway, type Listening } from '../../src/gateway/index.ts'
import type { ModelProvider } from '../../src/provider/contract.ts'
import { defineRoute, type ModelRoute, type RouteBackendInput } from '../../src/resources/index.ts'
import { createRouter } from '../../src/routing/router.ts'
import { createRouteTableHolder, type RouteTableHolder } from '../../src/routing/table/table-holder.ts'
import type { RequestObserver } from '../../src/telemetry/contract.ts'
import { deployment } from '../unit/routing/scenario.ts'
import { type FaultyVendor, limits } from './fault-world.ts'
import type { FaultName } from './faults.ts'
import { type Laboratory, openLaboratory } from './laboratory.ts'

/** A gateway whose upstreams misbehave while its table changes. */
export interface SwapWorld {
  readonly listening: Listening
  readonly laboratories: readonly Laboratory[]
  /** Requests that began and have not ended, by what an observer is told. */
  readonly inFlight: number
  /** Calls that the upstreams of the table count as under way. */
  readonly callsInFlight: number
  /** Moves the deployment to another address. */
  move(): void
  /** Loads a new table, in which a new provider has the place of one that is closed at once. */
  replace(): void
  close(): Promise<void>
}

export interface SwapWorldOptions {
  readonly clock: Clock
  readonly vendor: FaultyVendor
  /** There is a route for each, with the fault's name. */
  readonly faults: readonly FaultName[]
  /** Whether half of the requests go to a deployment that is well and moves. */
  readonly sharesWithDeployment: (fault: FaultName) => boolean
}

/** Each route has a provider that misbehaves, and one that is well and gets replaced as its fallback. */
export async function openSwapWorld(options: SwapWorldOptions): Promise<SwapWorld> {
  const { clock, vendor } = options
  const laboratories = await Promise.all([0, 1, 2].map(() => openLaboratory(vendor.words, clock)))
  const table = createRouteTableHolder({ clock, graceMs: 100 })
  const tables = new ChangingTable(options, table, laboratories)
  tables.load()
  const requests = countRequests()
  const gateway = createGateway({ router: createRouter({ table, clock, observers: [requests] }), clock })
  const listening = await gateway.listen({ port: 0 })
  return {
    listening,
    laboratories,
    get inFlight() {
      return requests.inFlight
    },
    get callsInFlight() {
      return callsUnderWay(table)
    },
    move: () => tables.move(),
    replace: () => tables.replace(),
    async close() {
      await listening.close({ drainMs: 0 })
      await table.close()
      await Promise.all([tables.close(), ...laboratories.map((each) => each.close())])
    },
  }
}

class ChangingTable {
  readonly #vendor: FaultyVendor
  readonly #holder: RouteTableHolder
  readonly #laboratories: readonly Laboratory[]
  readonly #routes: readonly ModelRoute[]
  readonly #sick: ModelProvider
  #spare: ModelProvider
  #changes = 0

  constructor(options: SwapWorldOptions, holder: RouteTableHolder, laboratories: readonly Laboratory[]) {
    const { vendor, faults, sharesWithDeployment } = options
    this.#vendor = vendor
    this.#holder = holder
    this.#laboratories = laboratories
    this.#sick = vendor.connect(this.#url, 'sick')
    this.#spare = vendor.connect(this.#url, 'spare')
    this.#routes = faults.map((fault) =>
      routeTo(fault, this.#sick, sharesWithDeployment(fault) ? [{ deployment: 'churn' }] : []),
    )
  }

  load(): void {
    this.#holder.load({
      routes: this.#routes,
      deployments: [this.#churn()],
      providers: { sick: this.#sick, spare: this.#spare },
      connect: { laboratory: ({ address }) => this.#vendor.connect(address, 'churn') },
    })
  }

  move(): void {
    this.#changes += 1
    const churn = this.#churn()
    this.#holder.change({ routes: new Map(), deployments: new Map([[churn.key, churn]]) })
  }

  replace(): void {
    this.#changes += 1
    const old = this.#spare
    this.#spare = this.#vendor.connect(this.#url, 'spare')
    this.load()
    void old.close?.()
  }

  async close(): Promise<void> {
    await Promise.all([this.#sick.close?.(), this.#spare.close?.()])
  }

  get #url(): string {
    return this.#laboratories[this.#changes % this.#laboratories.length]?.url ?? ''
  }

  #churn(): ReturnType<typeof deployment> {
    const endpoint = { protocol: 'laboratory', address: this.#url, model: 'none' }
    return deployment('churn', { r1: 100 }, { endpoints: [{ revision: 'r1', target: 'local', endpoint }] })
  }
}

function routeTo(
  fault: FaultName,
  { capabilities }: ModelProvider,
  more: readonly RouteBackendInput[],
): ModelRoute {
  return defineRoute({
    metadata: { name: fault },
    spec: {
      operations: capabilities.operations,
      backends: [{ provider: 'sick', model: fault }, ...more],
      fallback: [{ provider: 'spare', model: 'none' }],
      // One for a provider that is replaced meanwhile.
      attempts: 3,
      timeouts: limits,
    },
  })
}

function countRequests(): RequestObserver & { readonly inFlight: number } {
  let inFlight = 0
  const finished = (): void => {
    inFlight -= 1
  }
  return {
    get inFlight() {
      return inFlight
    },
    started() {
      inFlight += 1
      return { finished }
    },
  }
}

function callsUnderWay({ current }: RouteTableHolder): number {
  const plans = current?.routes.flatMap(({ plans }) => Object.values(plans)) ?? []
  const upstreams = plans.flatMap((plan) => [...(plan?.backends ?? []), ...(plan?.fallback ?? [])])
  const states = new Set(upstreams.flatMap((each) => each.upstreams.map(({ state }) => state)))
  return [...states].reduce((sum, { inFlight }) => sum + inFlight, 0)
}
