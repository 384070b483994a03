import type { Mutant } from './mutant.ts'

const pool = 'test/unit/http/pool.test.ts'
const failure = 'test/unit/gateway/failure.test.ts'

/** Mutants of what is promised of the upstreams of requests. */
export const upstreamMutants: readonly Mutant[] = [
  {
    law: 'U1',
    what: 'a change is sent twice when its connection was closed',
    file: 'src/http/exchange.ts',
    find: 'this.mayResend = resend',
    replace: 'this.mayResend = resend || true',
    tests: [pool],
  },
  {
    law: 'U1',
    what: 'a request is sent again although its answer had begun',
    file: 'src/http/wire-connection.ts',
    find: '() => this.#exchange?.answerBegan()',
    replace: '() => {}',
    tests: [pool],
  },
  {
    law: 'U2',
    what: 'bytes without an end of their own are passed on as whole',
    file: 'src/http/http-reply.ts',
    find: 'if (!this.delimited) this.json()',
    replace: '',
    tests: ['test/unit/http/http-reply.test.ts'],
  },
  {
    law: 'U2',
    what: 'a streamed body that lost the end of its compression ends well',
    file: 'src/http/decode.ts',
    find: 'if (decoder !== undefined) yield* decoder.after(undefined)',
    replace: '',
    tests: ['test/unit/http/decode.test.ts'],
  },
  {
    law: 'U2',
    what: 'a binary answer without the end of its tensors is passed on',
    file: 'adapters/open-inference/prediction.ts',
    find: 'if (fault !== undefined) throw fault',
    replace: '',
    tests: ['test/adapters/open-inference/binary.test.ts'],
  },
  {
    law: 'U2',
    what: 'a tensor is read whose bytes are not all there',
    file: 'src/dialects/open-inference/binary-tail.ts',
    find: '|| (size as number) > left',
    replace: '',
    tests: ['test/unit/dialects/open-inference/infer-bytes.test.ts'],
  },
  {
    law: 'U3',
    what: 'a call that left keeps its place among those that wait',
    file: 'src/http/pool.ts',
    find: 'this.#waiting.delete(exchange)',
    replace: 'this.#waiting.has(exchange)',
    tests: [pool],
  },
  {
    law: 'U3',
    what: 'calls wait without end for a connection',
    file: 'src/http/pool.ts',
    find: 'if (this.#attempts.size >= this.#waiting.size) return',
    replace: 'if (waitTimeoutMs > 0) return',
    tests: [pool],
  },
  {
    law: 'U4',
    what: 'the limit of size holds only before decoding',
    file: 'src/http/decode.ts',
    find: '{ maxOutputLength: maxBytes }',
    replace: '{ maxOutputLength: 2 ** 31 }',
    tests: ['test/unit/http/decode.test.ts'],
  },
  {
    law: 'U5',
    what: 'callers read what a vendor says of our key',
    file: 'src/gateway/failure.ts',
    find: 'auth: { status: 403, sentence: ofCredentials }',
    replace: 'auth: { status: 403 }',
    tests: [failure],
  },
  {
    law: 'U5',
    what: 'clients repeat a request whose credentials are refused',
    file: 'src/gateway/failure.ts',
    find: 'auth: { status: 403,',
    replace: 'auth: { status: 502,',
    tests: [failure],
  },
]
