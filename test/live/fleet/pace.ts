/** Turns a call away when more than `perSecond` come in a second, as a vendor does that throttles. */
export function throttle(perSecond: number): () => boolean {
  let room = perSecond
  let lastMs = performance.now()
  return () => {
    const nowMs = performance.now()
    room = Math.min(perSecond, room + ((nowMs - lastMs) / 1000) * perSecond)
    lastMs = nowMs
    if (room < 1) return true
    room -= 1
    return false
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
