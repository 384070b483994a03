import type { Key } from 'modelspine/adapter'

/** Hands keys that changed to all listeners. Each listener gets a waiting key only once. */
export interface KeyChanges {
  publish(key: Key): void
  listen(abortSignal: AbortSignal): AsyncIterable<Key>
}

export function createKeyChanges(): KeyChanges {
  const listeners = new Set<{ readonly waiting: Set<Key>; wake: () => void }>()
  return {
    publish(key) {
      for (const listener of listeners) {
        listener.waiting.add(key)
        listener.wake()
      }
    },
    async *listen(abortSignal) {
      const listener = { waiting: new Set<Key>(), wake: (): void => {} }
      listeners.add(listener)
      const onAbort = (): void => listener.wake()
      abortSignal.addEventListener('abort', onAbort)
      try {
        while (!abortSignal.aborted) {
          const [key] = listener.waiting
          if (key === undefined) {
            await new Promise<void>((resolve) => {
              listener.wake = resolve
            })
          } else {
            listener.waiting.delete(key)
            yield key
          }
        }
      } finally {
        abortSignal.removeEventListener('abort', onAbort)
        listeners.delete(listener)
      }
    },
  }
}
