/**
 * A map that never changes. A changed copy shares all but a few nodes with the map that it was made from. So a
 * snapshot costs the same at any size, and older snapshots stay as they were.
 */
export interface SnapshotMap<Value> {
  get(key: string): Value | undefined
  /** A copy in which the key has this value. */
  with(key: string, value: Value): SnapshotMap<Value>
  /** A copy without the key. */
  without(key: string): SnapshotMap<Value>
  /** In no order that means anything. */
  values(): Iterable<Value>
}

/** Keys whose hashes are equal share a leaf. */
interface Leaf<Value> {
  readonly hash: number
  readonly entries: readonly { readonly key: string; readonly value: Value }[]
}

/** One node or leaf for each of 32 values of five bits of the hash. */
type Branch<Value> = readonly Slot<Value>[]
type Slot<Value> = Branch<Value> | Leaf<Value> | undefined

const bits = 5
const width = 2 ** bits

export function emptySnapshotMap<Value>(): SnapshotMap<Value> {
  return mapOver<Value>(undefined)
}

function mapOver<Value>(root: Slot<Value>): SnapshotMap<Value> {
  return {
    get(key) {
      const hash = hashOf(key)
      let slot = root
      for (let shift = 0; isBranch(slot); shift += bits) slot = slot[placeOf(hash, shift)]
      if (slot?.hash !== hash) return undefined
      return slot.entries.find((entry) => entry.key === key)?.value
    },
    with: (key, value) => mapOver(put(root, 0, { hash: hashOf(key), entries: [{ key, value }] })),
    without: (key) => mapOver(remove(root, 0, hashOf(key), key)),
    values: () => valuesOf(root),
  }
}

/** Puts a leaf with one entry below a node. */
function put<Value>(slot: Slot<Value>, shift: number, leaf: Leaf<Value>): Slot<Value> {
  if (slot === undefined) return leaf
  if (isBranch(slot)) {
    const place = placeOf(leaf.hash, shift)
    return slot.with(place, put(slot[place], shift + bits, leaf))
  }
  if (slot.hash === leaf.hash) {
    const others = slot.entries.filter(({ key }) => key !== leaf.entries[0]?.key)
    return { hash: leaf.hash, entries: [...others, ...leaf.entries] }
  }
  const branch: Slot<Value>[] = Array.from({ length: width })
  branch[placeOf(slot.hash, shift)] = slot
  return put(branch, shift, leaf)
}

function remove<Value>(slot: Slot<Value>, shift: number, hash: number, key: string): Slot<Value> {
  if (slot === undefined) return undefined
  if (isBranch(slot)) {
    const place = placeOf(hash, shift)
    const before = slot[place]
    const after = remove(before, shift + bits, hash, key)
    if (after === before) return slot
    const branch = slot.with(place, after)
    return branch.some((each) => each !== undefined) ? branch : undefined
  }
  if (slot.hash !== hash || !slot.entries.some((entry) => entry.key === key)) return slot
  const entries = slot.entries.filter((entry) => entry.key !== key)
  return entries.length === 0 ? undefined : { hash, entries }
}

function* valuesOf<Value>(slot: Slot<Value>): Iterable<Value> {
  if (slot === undefined) return
  if (isBranch(slot)) for (const each of slot) yield* valuesOf(each)
  else for (const { value } of slot.entries) yield value
}

function isBranch<Value>(slot: Slot<Value>): slot is Branch<Value> {
  return Array.isArray(slot)
}

function placeOf(hash: number, shift: number): number {
  return (hash >>> shift) & (width - 1)
}

/** FNV-1a of 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let place = 0; place < text.length; place += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  }
  return hash >>> 0
}
