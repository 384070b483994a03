import type { HttpDispatcher } from 'modelspine/adapter'
import { Agent } from 'undici'

export interface CountingDispatcher {
  readonly dispatcher: HttpDispatcher
  /** How many requests an adapter has sent, or tried to send, so far. Each retry counts. */
  readonly sent: number
  close(): Promise<void>
}

/** Counts what an adapter sends, also where no connection is to be had and so nobody else can count. */
export function countingDispatcher(options: Agent.Options = {}): CountingDispatcher {
  const agent = new Agent(options)
  let sent = 0
  return {
    dispatcher: {
      dispatch(request: never, handler: never) {
        sent += 1
        return agent.dispatch(request, handler)
      },
    },
    get sent() {
      return sent
    },
    close: () => agent.destroy(),
  }
}
