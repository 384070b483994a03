/** A row of `objects`. JSON is kept as text, because its bytes must come back unchanged. */
export type ObjectRow = {
  readonly kind: string
  readonly key: string
  readonly uid: string
  readonly generation: number
  readonly version: number
  readonly resource: string
  readonly status: string | null
  readonly actor: string
  readonly created_at_ms: number
  readonly deletion: string | null
  readonly finalizers: string
}

export type LeaseRow = {
  readonly name: string
  readonly holder: string
  readonly fence: number
  readonly expires_at_ms: number
  /** The identity of the store. */
  readonly store: string
}

export type EventRow = { readonly position: number; readonly entry: string }

export type MeasurementRow = {
  readonly position: number
  readonly writer: string
  readonly sequence: number
  readonly body: string
}

/** The columns of `objects` that hold JSON. */
export const jsonColumns = ['resource', 'status', 'actor', 'deletion', 'finalizers'] as const
