import type { Mutant } from './mutant.ts'

const described = ['test/unit/routing/model-descriptions.test.ts']
const descriptions = 'src/routing/model-descriptions.ts'
const translation = ['test/unit/routing/attempt/translation.test.ts']

/** Mistakes in what the router says of models, and in what it does with requests that a format cannot carry. */
export const routingMutants: readonly Mutant[] = [
  {
    law: 'E1',
    what: 'a description is waited for without end',
    file: descriptions,
    find: 'limitMs, () => leaving',
    replace: 'limitMs * 100, () => leaving',
    tests: described,
  },
  {
    law: 'E1',
    what: 'an upstream that never describes its model keeps its connection',
    file: descriptions,
    find: 'limitMs, () => controller',
    replace: 'limitMs * 100, () => controller',
    tests: described,
  },
  {
    law: 'E7',
    what: 'an upstream that fails to describe its model hides the others',
    file: descriptions,
    find: 'if (aborted) return {}',
    replace: 'return {}',
    tests: described,
  },
  {
    law: 'E10',
    what: 'each caller asks for the description anew',
    file: descriptions,
    find: 'untilMs: Number.POSITIVE_INFINITY,',
    replace: 'untilMs: 0,',
    tests: described,
  },
  {
    law: 'P3',
    what: 'who may not ask a model learns what it takes',
    file: descriptions,
    find: 'await this.#admit(route, requestId, options, leaving.signal)',
    replace: '',
    tests: described,
  },
  {
    law: 8,
    what: 'a description does not hold its connection',
    file: descriptions,
    find: '    connection.lease()\n',
    replace: '    connection.lease()\n    connection.release()\n',
    tests: described,
  },
  {
    law: 11,
    what: 'an upstream that cannot describe its model is asked by every caller',
    file: descriptions,
    find: '() => over(restMs)',
    replace: '() => over(0)',
    tests: described,
  },
  {
    law: 8,
    what: 'what a vendor cannot do costs no attempt',
    file: 'src/provider/contract/not-carried.ts',
    find: ' && unsent in error',
    replace: '',
    tests: translation,
  },
  {
    law: 8,
    what: 'what cannot be carried costs an attempt',
    file: 'src/provider/contract/not-carried.ts',
    find: 'return Object.defineProperty(error, unsent, { value: true })',
    replace: 'return error',
    tests: translation,
  },
  {
    law: 8,
    what: 'a cache gives an approximated reply where the route forbids it',
    file: 'src/routing/layers/layer-frame.ts',
    find: ' && mayAnswer(found, request)',
    replace: '',
    tests: translation,
  },
  {
    law: 8,
    what: 'the provider in memory drops what it cannot carry',
    file: 'src/provider/memory-provider.ts',
    find: 'leaveOut(unread, name, context)',
    replace: '',
    tests: ['test/unit/provider/memory-provider.test.ts'],
  },
]
