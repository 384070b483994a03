import { type FenceRecord, type Key, ModelspineError, sha256, splitKey } from 'modelspine/adapter'

/** What an endpoint's labels say of its deployment. */
export interface Owner {
  readonly key: Key
  readonly fence: FenceRecord | undefined
}

type Labels = Readonly<Record<string, string>>

/** Lists find endpoints by the first. With "_", because a filter would read "-" as a sign. */
export const labelNames = {
  name: 'modelspine_name',
  namespace: 'modelspine_namespace',
  fence: 'modelspine_fence',
  store: 'modelspine_store',
} as const

/** The labels with which an endpoint belongs to a key. Names of resources fit into labels as they are. */
export function ownedBy(key: Key, { fence, store }: FenceRecord, others: Labels): Labels {
  const { namespace, name } = splitKey(key)
  return {
    ...without(others),
    [labelNames.name]: name,
    [labelNames.namespace]: namespace,
    [labelNames.fence]: String(fence),
    ...(store !== undefined && { [labelNames.store]: store }),
  }
}

/** The labels without ours. */
export function without(labels: Labels): Labels {
  const ours: readonly string[] = Object.values(labelNames)
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !ours.includes(name)))
}

/** Undefined for an endpoint that belongs to no deployment. */
export function keyIn(labels: Labels): Key | undefined {
  const { [labelNames.name]: name, [labelNames.namespace]: namespace } = labels
  return name && namespace ? `${namespace}/${name}` : undefined
}

/** The same, with the fence. Throws `target-refused` for a fence that is no number. */
export function ownerIn(labels: Labels, endpoint: string): Owner | undefined {
  const key = keyIn(labels)
  if (key === undefined) return undefined
  const { [labelNames.fence]: fence, [labelNames.store]: store } = labels
  if (fence === undefined) return { key, fence: undefined }
  if (!/^\d+$/.test(fence) || !Number.isSafeInteger(Number(fence))) {
    throw new ModelspineError(
      'target-refused',
      `${endpoint} has the label ${labelNames.fence} "${fence}", which is no number: remove the label when no other plane leads`,
    )
  }
  return { key, fence: { fence: Number(fence), ...(store && { store }) } }
}

/** An identity of a store as a label can have it. */
export function storeLabel(store: string | undefined): string | undefined {
  return store === undefined || /^[a-z0-9_-]{1,63}$/.test(store) ? store : sha256(store).slice(0, 32)
}
