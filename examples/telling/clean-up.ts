/**
 * A clean-up that is done once, whoever asks for it: the end of the story, an error, or a signal. A signal also ends the
 * process when everything is clean.
 */
export function cleanUpOnce(
  cleanUp: () => Promise<void>,
  signalled: (signal: NodeJS.Signals) => void,
): { leave(): Promise<void>; readonly isLeaving: boolean } {
  let leaving: Promise<void> | undefined
  const leave = (): Promise<void> => {
    leaving ??= cleanUp()
    return leaving
  }
  // The terminal and npm may both pass on the same Ctrl-C. The second signal must not stop the clean-up.
  let heard = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (heard) return
      heard = true
      signalled(signal)
      void leave().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
    })
  }
  return {
    leave,
    get isLeaving() {
      return leaving !== undefined
    },
  }
}
