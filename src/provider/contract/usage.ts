/**
 * What a call used. A count is present only when the vendor gave it, or when `estimated` is set.
 * `inputTokens`, `cacheReadTokens` and `cacheWriteTokens` do not overlap, because their prices differ.
 */
export interface Usage {
  /** Tokens of the prompt, without cached reads and cached writes. */
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadTokens?: number
  readonly cacheWriteTokens?: number
  /** The part of `cacheWriteTokens` that the vendor keeps for an hour, which costs more. */
  readonly longCacheWriteTokens?: number
  /** The part of `outputTokens` that was spent on reasoning. */
  readonly reasoningTokens?: number
  /** The part of all input tokens that was audio. */
  readonly audioInputTokens?: number
  /** The part of `outputTokens` that was audio. */
  readonly audioOutputTokens?: number
  /** The part of all input tokens that was images. */
  readonly imageInputTokens?: number
  /** The part of `outputTokens` that was images. */
  readonly imageOutputTokens?: number
  /** Other units that the vendor counts, such as `searches`, `characters` or `seconds`. */
  readonly units?: Readonly<Record<string, number>>
  /** Set when the vendor's count never came, because a stream was cut. Then the counts are estimates. */
  readonly estimated?: true
}
