/** A turn of the event loop this short had nothing else to do. */
const idleTurnMs = 0.2
/** No write waits longer for others, however busy the loop is. */
const longestMs = 30
/** How long an idle loop waits before it looks again whether somebody is still to be answered. */
const pauseMs = 1
/** So many are sent without waiting for more. */
const most = 256

export interface Gathering<Item> {
  /** Sends it together with those that come soon. */
  add(item: Item): void
  flush(): void
}

/**
 * Sends items together. It waits while the event loop has work to do, because that work may bring more of them.
 * When the loop is idle it sends at once, so a caller that is alone loses no time. `more` says whether somebody
 * waits for an answer, and so is likely to write again.
 */
export function createGathering<Item>(
  send: (items: readonly Item[]) => void,
  more: () => boolean,
): Gathering<Item> {
  let items: Item[] = []
  let sinceMs = 0
  let lastTurnMs = 0
  let looking = false

  const flush = (): void => {
    if (items.length === 0) return
    const gathered = items
    items = []
    send(gathered)
  }
  const look = (): void => {
    looking = false
    if (items.length === 0) return
    const nowMs = performance.now()
    const idle = nowMs - lastTurnMs < idleTurnMs
    lastTurnMs = nowMs
    if (nowMs - sinceMs >= longestMs || (idle && !more())) flush()
    else if (idle) setTimeout(lookLater, pauseMs)
    else lookLater()
  }
  const lookLater = (): void => {
    if (looking) return
    looking = true
    lastTurnMs = performance.now()
    setImmediate(look)
  }
  return {
    add(item) {
      items.push(item)
      if (items.length === 1) sinceMs = performance.now()
      if (items.length >= most) flush()
      else lookLater()
    },
    flush,
  }
}
