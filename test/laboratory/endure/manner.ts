/** How a caller takes its answer. */
export type Manner = 'reads' | 'leaves early' | 'leaves late' | 'stalls'

/** How long a caller that stalls reads nothing, in milliseconds. */
export const stallMs = 1500
/** After how long an impatient caller leaves, in milliseconds. */
export const leaveMs = 5

export function mannerOf(drawn: number): Manner {
  if (drawn < 0.1) return 'leaves early'
  if (drawn < 0.2) return 'leaves late'
  return drawn < 0.3 ? 'stalls' : 'reads'
}
