import type { Mutant } from './mutant.ts'

const stream = ['test/unit/dialects/openai/responses/stream.test.ts']
const reader = 'src/dialects/openai/responses/stream/response-reader.ts'

/** Mistakes in streams of OpenAI's responses. */
export const openaiMutants: readonly Mutant[] = [
  {
    law: 8,
    what: 'a stream of responses that was cut looks whole',
    file: reader,
    find: "if (how !== 'marked') {",
    replace: "if (how === 'unsure') {",
    tests: stream,
  },
  {
    law: 8,
    what: 'a response that failed looks finished',
    file: reader,
    find: 'throw this.#errorOf(failureIn(event.response))',
    replace: 'return this.#end({}, type)',
    tests: stream,
  },
  {
    law: 8,
    what: 'an error in the middle of a stream of responses looks like its end',
    file: 'src/gateway/openai-errors.ts',
    find: 'event: error\\ndata',
    replace: 'event: done\\ndata: [DONE]\\n\\ndata',
    tests: ['test/unit/gateway/openai/responses.test.ts'],
  },
]
