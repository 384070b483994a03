/** How a killed plane is replaced, and what its targets are. */
export const modes = ['restart', 'standby', 'tagged'] as const

/**
 * - `restart`: the same process is started again.
 * - `standby`: a second process waits and takes over.
 * - `tagged`: a standby, and a vendor with tagged names whose list lags.
 */
export type Mode = (typeof modes)[number]

/** How late the vendor's list is. */
export const lagMs = 3000
