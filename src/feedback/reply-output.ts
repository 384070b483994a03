/** The needed fields of one output of an Open Inference V2 reply. */
export interface ReplyOutput {
  readonly name: string
  readonly data: readonly unknown[]
}

/** An output with its data from the JSON, flat. Empty when the value is not an output. */
export function plainOutput(output: unknown): readonly ReplyOutput[] {
  const { name, data } = (output ?? {}) as { name?: unknown; data?: unknown }
  if (typeof name !== 'string' || !Array.isArray(data)) return []
  return [{ name, data: data.flat(Number.POSITIVE_INFINITY) }]
}
