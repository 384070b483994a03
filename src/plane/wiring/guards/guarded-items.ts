/**
 * The same items. `next` makes each wait for an item end in time; when it throws, so does the list.
 */
export async function* itemsInTime<Item>(
  items: () => AsyncIterable<Item>,
  next: <Answer>(run: () => Promise<Answer>) => Promise<Answer>,
): AsyncIterable<Item> {
  const iterator = items()[Symbol.asyncIterator]()
  let over = false
  try {
    for (;;) {
      over = true
      const step = await next(() => iterator.next())
      if (step.done === true) return
      over = false
      yield step.value
    }
  } finally {
    if (!over) await next(async () => iterator.return?.())
  }
}

/**
 * The same items, until the signal fires: then it ends at once, although the source may not. A wait for the
 * next item has no limit, because it may be a long time until something happens.
 */
export async function* itemsUntil<Item>(
  items: (abortSignal: AbortSignal) => AsyncIterable<Item>,
  abortSignal: AbortSignal,
): AsyncIterable<Item> {
  if (abortSignal.aborted) return
  const iterator = items(abortSignal)[Symbol.asyncIterator]()
  let stop = (): void => {}
  const onAbort = (): void => stop()
  abortSignal.addEventListener('abort', onAbort, { once: true })
  try {
    while (!abortSignal.aborted) {
      const step = await new Promise<IteratorResult<Item> | undefined>((resolve, reject) => {
        stop = () => resolve(undefined)
        iterator.next().then(resolve, reject)
      })
      if (step === undefined || step.done === true) return
      yield step.value
    }
  } finally {
    abortSignal.removeEventListener('abort', onAbort)
    // A generator that still waits ends only after its wait, so nobody waits for it here.
    iterator.return?.().catch(() => {})
  }
}
