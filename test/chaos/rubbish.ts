/** Answers that no contract knows. Each part takes them in turn, so that a run meets all of them. */

const nothing = [undefined, null, 'ok', 42, [], {}]

const answers: Readonly<Record<string, readonly unknown[]>> = {
  observe: [
    ...nothing,
    { revisions: null, operations: [] },
    { revisions: 'none', operations: [] },
    { revisions: [{ revision: 7, state: 'splendid' }], operations: [] },
    { revisions: [null], operations: [] },
  ],
  apply: [...nothing, { kind: 'splendid' }],
  destroy: [...nothing, { kind: 'splendid' }],
  list: [...nothing, [42]],
  resolve: [...nothing, { version: 7 }, { registry: 'x', name: 'x', version: '9', artifact: null }],
  query: [
    ...nothing,
    { kind: 'ratio', hits: 'few', total: Number.NaN },
    { kind: 'ratio', hits: 7, total: -1, covered: {} },
    { kind: 'value', value: null },
    { kind: 'distribution' },
  ],
  decide: [...nothing, { verdict: 'maybe', findings: 3 }, { verdict: 'allow' }],
  append: [...nothing, [{}]],
  readEvents: [undefined, null, 'ok', {}, [{}]],
  acquireLease: [undefined, 'ok', {}, { fence: 'high' }],
  renewLease: [undefined, 'ok', {}, { fence: 'high' }],
}

/** The next rubbish of each method, in a fixed order. */
export function createRubbish(): (method: string) => unknown {
  const turns = new Map<string, number>()
  return (method) => {
    const list = answers[method] ?? nothing
    const turn = turns.get(method) ?? 0
    turns.set(method, turn + 1)
    return list[turn % list.length]
  }
}
