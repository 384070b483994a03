import { type ErrorCode, ModelspineError } from 'modelspine/adapter'

export interface VendorPage<Item> {
  readonly items: readonly Item[]
  /** The token of the next page. Undefined, null or empty for the last page. */
  readonly next: string | null | undefined
}

/** More pages than any list has: a vendor that always names a next one is not asked for ever. */
const mostPages = 100_000

/**
 * The pages of a list. `ask` gets the token of a page, undefined for the first. Throws the code `unavailable` when a page
 * leads back to an earlier one.
 */
export async function* allPages<Item>(
  ask: (token: string | undefined) => Promise<VendorPage<Item>>,
  list: string,
  unavailable: ErrorCode,
): AsyncGenerator<readonly Item[], void> {
  const seen = new Set<string>()
  let token: string | undefined
  for (;;) {
    const { items, next } = await ask(token)
    yield items
    if (!next) return
    if (seen.has(next) || seen.size >= mostPages) {
      throw new ModelspineError(
        unavailable,
        `${list} goes on without end: its pages repeat, or are more than ${mostPages}`,
        { details: { pages: seen.size + 1 } },
      )
    }
    seen.add(next)
    token = next
  }
}
