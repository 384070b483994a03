const hide = '\u001b[?25l'
const show = '\u001b[?25h'
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Hides the cursor until the returned function is called, or until the process ends by itself or by a signal.
 */
export function hideCursor(out: NodeJS.WritableStream): () => void {
  const restore = (): void => {
    process.off('exit', restore)
    for (const signal of signals) process.off(signal, onSignal)
    out.write(show)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    restore()
    // A listener switches off the signal's own effect. If there is no other listener, the signal is sent
    // again.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  process.on('exit', restore)
  for (const signal of signals) process.on(signal, onSignal)
  out.write(hide)
  return restore
}
