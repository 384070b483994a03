/** One output of an Open Inference V2 reply, as far as it is needed. */
export interface ReplyOutput {
  readonly name: string
  readonly data: readonly unknown[]
}

/** An output with its data in the JSON, flat; nothing when it is none. */
export function plainOutput(output: unknown): readonly ReplyOutput[] {
  const { name, data } = (output ?? {}) as { name?: unknown; data?: unknown }
  if (typeof name !== 'string' || !Array.isArray(data)) return []
  return [{ name, data: data.flat(Number.POSITIVE_INFINITY) }]
}
