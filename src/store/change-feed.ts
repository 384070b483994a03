import type { StoreChange } from './contract.ts'

/** Hands changes to any number of watchers. For stores that must build `watch` themselves. */
export interface ChangeFeed {
  readonly watchers: number
  publish(change: StoreChange): void
  /** Ends when aborted or when the feed is closed. Throws the error that `fail` was given. */
  watch(abortSignal: AbortSignal): AsyncIterable<StoreChange>
  /** Makes every current watcher throw. Later watchers are not affected. */
  fail(error: unknown): void
  /** Ends every watcher. A later watch ends at once. */
  close(): void
}

/** The changes that one watcher has not yet taken, by kind and key. */
interface Mailbox {
  readonly pending: Map<string, StoreChange>
  wake: () => void
  failed: { readonly error: unknown } | undefined
}

/**
 * When this many keys wait for a watcher, it gets `resync` instead. So a slow watcher holds no more than
 * this.
 */
const pendingLimit = 1024

export function createChangeFeed(): ChangeFeed {
  const mailboxes = new Set<Mailbox>()
  let closed = false

  async function* watch(abortSignal: AbortSignal): AsyncGenerator<StoreChange, void> {
    if (closed || abortSignal.aborted) return
    const mailbox: Mailbox = { pending: new Map(), wake: () => {}, failed: undefined }
    const onAbort = (): void => mailbox.wake()
    abortSignal.addEventListener('abort', onAbort, { once: true })
    mailboxes.add(mailbox)
    try {
      yield { type: 'resync' }
      for (;;) {
        if (mailbox.failed !== undefined) throw mailbox.failed.error
        if (closed || abortSignal.aborted) return
        const next = mailbox.pending.entries().next()
        if (next.done) {
          await new Promise<void>((resolve) => {
            mailbox.wake = resolve
          })
        } else {
          mailbox.pending.delete(next.value[0])
          yield next.value[1]
        }
      }
    } finally {
      mailboxes.delete(mailbox)
      abortSignal.removeEventListener('abort', onAbort)
    }
  }

  return {
    get watchers() {
      return mailboxes.size
    },
    publish(change) {
      for (const mailbox of mailboxes) {
        post(mailbox.pending, change)
        mailbox.wake()
      }
    },
    watch,
    fail(error) {
      for (const mailbox of mailboxes) {
        mailbox.failed = { error }
        mailbox.wake()
      }
    },
    close() {
      closed = true
      for (const mailbox of mailboxes) mailbox.wake()
    },
  }
}

function post(pending: Map<string, StoreChange>, change: StoreChange): void {
  if (change.type === 'resync' || pending.size >= pendingLimit) {
    pending.clear()
    pending.set('resync', { type: 'resync' })
  } else if (!pending.has('resync')) {
    pending.set(`${change.kind} ${change.key}`, change)
  }
}
