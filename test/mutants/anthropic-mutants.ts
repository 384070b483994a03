import type { Mutant } from './mutant.ts'

const stream = ['test/unit/dialects/anthropic/stream.test.ts']

/** Mistakes in Anthropic's streams. */
export const anthropicMutants: readonly Mutant[] = [
  {
    law: 8,
    what: "a stream of Anthropic's that was cut looks whole",
    file: 'src/dialects/anthropic/answer/stream-reader.ts',
    find: "if (how !== 'marked' && !this.#isStopped) {",
    replace: "if (how === 'unsure' && !this.#isStopped) {",
    tests: stream,
  },
  {
    law: 8,
    what: "a stream of Anthropic's whose end never came is given one",
    file: 'src/dialects/anthropic/answer/stream-writer.ts',
    find: 'if (this.#finish === undefined) return begun',
    replace: "this.#finish ??= { finishReason: 'stop' }",
    tests: stream,
  },
  {
    law: 8,
    what: "an error in the middle of a stream of Anthropic's looks like its end",
    file: 'src/gateway/anthropic/anthropic-errors.ts',
    find: 'event: error\\ndata',
    replace: 'event: message_stop\\ndata',
    tests: ['test/unit/gateway/anthropic/anthropic-surface.test.ts'],
  },
]
