/**
 * Tells any number of listeners which models may have changed. A model that changed several times waits only
 * once for each listener.
 */
export interface ChangeHints {
  notify(model: string): void
  /** Gives the models that are notified from now on. Ends when aborted. */
  listen(abortSignal: AbortSignal): AsyncIterableIterator<string>
}

/** The part that a registry needs to offer `changes`. */
export function createChangeHints(): ChangeHints {
  const listeners = new Set<Listener>()
  return {
    notify(model) {
      for (const listener of listeners) listener.hear(model)
    },
    listen(abortSignal) {
      const listener = createListener(() => listeners.delete(listener))
      if (abortSignal.aborted) listener.end()
      else {
        listeners.add(listener)
        abortSignal.addEventListener('abort', listener.end, { once: true })
      }
      return listener.models
    },
  }
}

interface Listener {
  hear(model: string): void
  readonly end: () => void
  readonly models: AsyncIterableIterator<string>
}

function createListener(onEnd: () => void): Listener {
  const waiting = new Set<string>()
  const readers: ((result: IteratorResult<string>) => void)[] = []
  let ended = false
  const end = (): void => {
    if (ended) return
    ended = true
    waiting.clear()
    onEnd()
    for (const answer of readers.splice(0)) answer({ done: true, value: undefined })
  }
  const models: AsyncIterableIterator<string> = {
    [Symbol.asyncIterator]: () => models,
    next() {
      const [model] = waiting
      if (model !== undefined) {
        waiting.delete(model)
        return Promise.resolve({ done: false, value: model })
      }
      if (ended) return Promise.resolve({ done: true, value: undefined })
      return new Promise((resolve) => readers.push(resolve))
    },
    return() {
      end()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
  return {
    end,
    models,
    hear(model) {
      const answer = readers.shift()
      if (answer === undefined) waiting.add(model)
      else answer({ done: false, value: model })
    },
  }
}
