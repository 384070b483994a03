export interface Label {
  readonly requestId: string
  readonly value: number
}

export interface Labels {
  give(label: Label): void
  /** Stops sending, after the last labels. */
  stop(): Promise<void>
}

/** Sends labels to the gateway in batches, as a labelling service would. */
export function sendLabels(url: string, failed: (reason: string) => void): Labels {
  let waiting: Label[] = []
  const send = async (): Promise<void> => {
    if (waiting.length === 0) return
    const body = JSON.stringify(waiting.splice(0))
    const headers = { 'content-type': 'application/json' }
    try {
      const { status } = await fetch(url, { method: 'POST', headers, body })
      if (status !== 204) failed(`labels: ${status}`)
    } catch (error) {
      failed(`labels: ${error}`)
    }
  }
  let last = Promise.resolve()
  const timer = setInterval(() => {
    last = last.then(send)
  }, 200)
  return {
    give: (label) => void waiting.push(label),
    async stop() {
      clearInterval(timer)
      await last
      await send()
      waiting = []
    },
  }
}
