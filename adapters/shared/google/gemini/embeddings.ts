import { type EmbedRequest, ModelspineError, notCarried, type Usage } from 'modelspine/adapter'

/** Throws `unsupported` for token ids, which Google does not take. */
export function textsOf({ input }: EmbedRequest): readonly string[] {
  return input.map((each, place) => {
    if (typeof each === 'string') return each
    throw notCarried(`input[${place}] is a list of token ids: Google embeds texts only`, {
      details: { field: `input[${place}]` },
    })
  })
}

/** The numbers of one embedding. Throws `malformed-reply`. */
export function valuesOf(value: unknown, place: number): readonly number[] {
  const values = (value as { readonly values?: unknown } | null | undefined)?.values
  if (Array.isArray(values) && values.length > 0 && values.every((each) => typeof each === 'number'))
    return values
  throw new ModelspineError('malformed-reply', `the reply has no embedding for input[${place}]`)
}

/** Throws `malformed-reply` for a number of embeddings that is not that of the inputs. */
export function checkCount(embeddings: readonly unknown[], inputs: number): void {
  if (embeddings.length === inputs) return
  throw new ModelspineError(
    'malformed-reply',
    `the reply has ${embeddings.length} embeddings for ${inputs} inputs`,
  )
}

/** Google counts the tokens of some models only. */
export function inputUsage(counts: readonly unknown[]): Usage {
  const known = counts.filter((each) => typeof each === 'number')
  return known.length === 0 ? {} : { inputTokens: known.reduce((sum, each) => sum + each, 0) }
}

/** The list in parts of at most `most` entries. */
export function inBatches<Item>(items: readonly Item[], most: number): readonly (readonly Item[])[] {
  const batches: (readonly Item[])[] = []
  for (let from = 0; from < items.length; from += most) batches.push(items.slice(from, from + most))
  return batches
}

/** The answers in the order of the questions, of which so many are asked at the same time. Throws the first failure. */
export async function fewAtOnce<Item, Answer>(
  items: readonly Item[],
  most: number,
  ask: (item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  let next = 0
  let hasFailed = false
  const work = async (): Promise<void> => {
    while (next < items.length && !hasFailed) {
      const place = next
      next += 1
      try {
        answers[place] = await ask(items[place] as Item)
      } catch (error) {
        hasFailed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work))
  return answers
}
