import type { Mutant } from './mutant.ts'

const room = 'src/ai-sdk/fallback'
const tests = 'test/unit/ai-sdk/fallback'
const streams = `${tests}/streams.test.ts`
const failover = `${tests}/failover.test.ts`

/** Mutants of laws 8 and 10 in the door for the AI SDK. */
export const aiSdkMutants: readonly Mutant[] = [
  {
    law: 8,
    what: 'the beginning of a block counts as output, so that no other model is asked',
    file: 'src/ai-sdk/visible-output.ts',
    find: "  'text-start',\n",
    replace: '',
    tests: [streams],
  },
  {
    law: 8,
    what: 'reasoning does not count as output',
    file: 'src/ai-sdk/visible-output.ts',
    find: "  'reasoning-start',\n",
    replace: "  'reasoning-start',\n  'reasoning-delta',\n",
    tests: [streams],
  },
  {
    law: 8,
    what: 'an error part before the output goes to the caller',
    file: `${room}/part-source.ts`,
    find: "if (part.type === 'error') throw part.error\n",
    replace: '\n',
    tests: [streams],
  },
  {
    law: 8,
    what: 'a stream looks complete although there was an error in it',
    file: `${room}/part-source.ts`,
    find: "finishReason: { ...part.finishReason, unified: 'error' }",
    replace: 'finishReason: part.finishReason',
    tests: [streams],
  },
  {
    law: 8,
    what: 'a stream that ends without a finish is complete',
    file: `${room}/part-source.ts`,
    find: "    if (!this.#isWhole) throw new ModelspineError('interrupted', 'the stream ended without a finish')\n",
    replace: '',
    tests: [streams],
  },
  {
    law: 8,
    what: 'an empty reply that ended with an error is an answer',
    file: `${room}/language-operation.ts`,
    find: 'if (content.length === 0) refuseBroken(finishReason)\n',
    replace: '\n',
    tests: [failover],
  },
  {
    law: 8,
    what: 'the AI SDK asks all models again',
    file: `${room}/final-error.ts`,
    find: "Object.defineProperty(error, 'isRetryable', { value: false })",
    replace: "Object.defineProperty(error, 'isRetryable', { value: retryable })",
    tests: [failover, `${tests}/sdk.test.ts`],
  },
  {
    law: 8,
    what: 'an attempt that was given up says how the next one failed',
    file: `${room}/model-call.ts`,
    find: '    if (asked.abortSignal.aborted) return failure\n',
    replace: '',
    tests: [failover],
  },
  {
    law: 8,
    what: 'a stream of a model behind a route is whole although it has no finish',
    file: 'src/ai-sdk/provider/model-stream.ts',
    find: 'isFinished ||=',
    replace: 'isFinished = true ||',
    tests: ['test/unit/ai-sdk/provider/from-ai-sdk.test.ts'],
  },
  {
    law: 8,
    what: 'an error in the stream of a model behind a route is a part like any other',
    file: 'src/ai-sdk/provider/model-stream.ts',
    find: "      if (step.value.type === 'error') throw step.value.error\n",
    replace: "      if (step.value.type === 'error') continue\n",
    tests: ['test/unit/ai-sdk/route/failures.test.ts'],
  },
  {
    law: 10,
    what: 'an error holds the prompt of every attempt',
    file: `${room}/final-error.ts`,
    find: 'Object.defineProperty(error, name, { value: vendor[name] })',
    replace: 'Object.defineProperty(error, name, { value: vendor[name], enumerable: true })',
    tests: [failover],
  },
]
