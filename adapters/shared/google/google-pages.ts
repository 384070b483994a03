import { type ErrorCode, ModelspineError } from 'modelspine/adapter'

export interface GooglePage<Item> {
  readonly items: readonly Item[]
  /** Undefined or empty for the last page. */
  readonly nextPageToken?: string | null | undefined
}

/** More pages than any list of ours can have: a vendor that repeats itself is not asked for ever. */
const mostPages = 1000

/**
 * All items of a list, page by page. `ask` gets the token of a page, undefined for the first. Throws `unavailable` for
 * a list that does not end.
 */
export async function* googlePages<Item>(
  ask: (pageToken: string | undefined) => Promise<GooglePage<Item>>,
  list: string,
  unavailable: ErrorCode,
): AsyncGenerator<Item, void> {
  let token: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const { items, nextPageToken } = await ask(token)
    yield* items
    if (!nextPageToken) return
    if (nextPageToken === token) break
    token = nextPageToken
  }
  throw new ModelspineError(
    unavailable,
    `${list} does not end: its pages repeat, or are more than ${mostPages}`,
  )
}
