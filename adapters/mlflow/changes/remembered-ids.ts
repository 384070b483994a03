/** Remembers the newest ids. */
export interface RememberedIds {
  /** Whether the id was not known. */
  add(id: string): boolean
}

export function rememberedIds(limit: number): RememberedIds {
  const known = new Set<string>()
  return {
    add(id) {
      if (known.has(id)) return false
      known.add(id)
      const [oldest] = known
      if (known.size > limit && oldest !== undefined) known.delete(oldest)
      return true
    },
  }
}
