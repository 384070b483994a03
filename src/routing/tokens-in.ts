/** A rule of thumb for English text. */
const charactersPerToken = 4

/** About how many tokens so many characters are. Good enough to choose an upstream, and to settle a stream that was cut. */
export function tokensIn(characters: number): number {
  return Math.ceil(characters / charactersPerToken)
}
