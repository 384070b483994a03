import { sha256 } from 'modelspine/adapter'
import type { ZodType } from 'zod'
import type { ChangePoller } from '../../shared/registry/poll-changes.ts'
import type { VendorClient, VendorRequest } from '../../shared/vendor-client.ts'
import {
  type ModelRecord,
  modelsPage,
  type Page,
  type SearchOptions,
  searchModels,
  searchVersions,
  type VersionRecord,
  versionsPage,
} from '../mlflow-api.ts'

/** How many entries MLflow gives at a time, and how many times one look asks for each of the two lists. */
const pageSize = 500
const pagesPerLook = 4

/** Of longer lists only so many entries are followed: those that MLflow calls updated last. */
const mostEntries = 20_000

const lastUpdatedFirst = ['last_updated_timestamp DESC']

/**
 * Moving an alias or setting a tag does not count as an update in MLflow. So each look reads the entries that were
 * updated last, and goes on through the rest of the list where the look before it stopped. Models have aliases in the
 * list of models, versions have tags in the list of versions.
 */
export function createChangePoller(client: VendorClient, changed: (model: string) => void): ChangePoller {
  const models = follow(client, searchModels, modelsPage, {
    nameOf: ({ name }: ModelRecord) => name,
    keyOf: ({ name }) => name,
    stateOf: ({ last_updated_timestamp, aliases, tags, latest_versions }) => [
      last_updated_timestamp,
      inOrder(aliases, ({ alias }) => alias),
      inOrder(tags, ({ key }) => key),
      inOrder(latest_versions, ({ version }) => version).map(stateOfVersion),
    ],
    changed,
  })
  const versions = follow(client, searchVersions, versionsPage, {
    nameOf: ({ name }: VersionRecord) => name,
    keyOf: ({ name, version }) => JSON.stringify([name, version]),
    stateOf: stateOfVersion,
    changed,
  })
  return {
    async look(abortSignal) {
      await models(abortSignal)
      await versions(abortSignal)
    },
  }
}

function stateOfVersion({ last_updated_timestamp, status, current_stage, tags }: VersionRecord): unknown {
  return [last_updated_timestamp, status, current_stage, inOrder(tags, ({ key }) => key)]
}

function inOrder<Item>(
  items: readonly Item[] | null | undefined,
  by: (item: Item) => string,
): readonly Item[] {
  return (items ?? []).toSorted((one, other) => (by(one) < by(other) ? -1 : by(one) > by(other) ? 1 : 0))
}

interface Followed<Item> {
  nameOf(item: Item): string
  keyOf(item: Item): string
  stateOf(item: Item): unknown
  readonly changed: (model: string) => void
}

/** Looks through one list, some pages at each call. */
function follow<Item>(
  client: VendorClient,
  search: (options: SearchOptions) => Omit<VendorRequest, 'abortSignal'>,
  schema: ZodType<Page<Item>>,
  { nameOf, keyOf, stateOf, changed }: Followed<Item>,
): (abortSignal: AbortSignal) => Promise<void> {
  const known = new Map<string, string>()
  let [goOnAt, depth, isKnown]: [string | undefined, number, boolean] = [undefined, 0, false]

  const take = (item: Item): void => {
    const key = keyOf(item)
    const state = sha256(JSON.stringify(stateOf(item))).slice(0, 24)
    const before = known.get(key)
    known.delete(key)
    known.set(key, state)
    // What the first round finds may always have been so.
    if (before === undefined ? isKnown : before !== state) changed(nameOf(item))
    const [oldest] = known.keys()
    if (known.size > mostEntries && oldest !== undefined) known.delete(oldest)
  }

  const read = async (
    pageToken: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<string | undefined> => {
    const options = { orderBy: lastUpdatedFirst, maxResults: pageSize, pageToken }
    const { items, next } = await client.read(schema, { ...search(options), abortSignal })
    for (const item of items) take(item)
    return next
  }

  return async (abortSignal) => {
    const second = await read(undefined, abortSignal)
    let at = goOnAt ?? second
    for (let page = 1; page < pagesPerLook && at !== undefined; page += 1) {
      const next = await read(at, abortSignal)
      depth += 1
      at = next === at || (depth + 1) * pageSize >= mostEntries ? undefined : next
    }
    if (at === undefined) [depth, isKnown] = [0, true]
    goOnAt = at
  }
}
