import { describe, expect, it } from 'vitest'
import {
  readingProblem,
  versionProblem,
} from '../../../../../src/plane/wiring/guards/shapes/reading-shapes.ts'
import {
  eventsProblem,
  leaseProblem,
  storedOrGoneProblem,
  storedProblem,
} from '../../../../../src/plane/wiring/guards/shapes/store-shapes.ts'
import {
  appliedProblem,
  destroyedProblem,
  keysProblem,
  observationProblem,
} from '../../../../../src/plane/wiring/guards/shapes/target-shapes.ts'

const covered = { fromMs: 0, toMs: 1 }
const version = {
  registry: 'models',
  name: 'digits',
  version: '1',
  artifact: { kind: 'files', files: [{ uri: 'file:///m' }] },
  approval: 'approved',
  aliases: ['champion'],
  tags: {},
  createdAtMs: 0,
}
const revision = { revision: 'aaaa', state: 'ready' }
const observed = { revisions: [revision], operations: [], etag: '7' }
const stored = {
  kind: 'ModelRoute',
  key: 'default/a',
  uid: 'u',
  generation: 1,
  version: '1',
  resource: {},
  actor: { name: 'ann' },
  createdAtMs: 0,
  finalizers: [],
}
const lease = { name: 'l', holder: 'h', fence: 1, store: 's', expiresAtMs: 0 }

type Check = (answer: unknown) => string | undefined

describe('the form of an answer', () => {
  it.each<[string, Check, unknown]>([
    ['observe', observationProblem, observed],
    [
      'observe',
      observationProblem,
      {
        revisions: [
          {
            ...revision,
            endpoint: { protocol: 'openai', address: 'http://a', model: 'm' },
            weight: 5,
            scale: { min: 1, max: 1 },
            reason: 'Fine',
            message: '',
          },
        ],
        operations: [{ operationId: 'o', state: 'failed', reason: 'Quota' }],
      },
    ],
    ['apply', appliedProblem, { kind: 'accepted', handle: 'h' }],
    ['apply', appliedProblem, { kind: 'accepted' }],
    ['apply', appliedProblem, { kind: 'refused', reason: 'Quota', message: 'no GPU' }],
    ['apply', appliedProblem, { kind: 'failed', reason: 'Quota', message: 'no GPU' }],
    ['destroy', destroyedProblem, { kind: 'busy', retryAfterMs: 0 }],
    ['destroy', destroyedProblem, { kind: 'unchanged' }],
    ['list', keysProblem, ['default/a']],
    ['resolve', versionProblem, version],
    [
      'resolve',
      versionProblem,
      { ...version, artifact: { kind: 'hosted', provider: 'openai', model: 'm' }, more: 1 },
    ],
    ['query', readingProblem, { kind: 'ratio', hits: 0, total: 0, covered }],
    ['query', readingProblem, { kind: 'value', value: 1, covered }],
    ['query', readingProblem, { kind: 'distribution', count: 1, sum: 1, sumSquares: 1, covered }],
    ['query', readingProblem, { kind: 'no-data' }],
    ['query', readingProblem, { kind: 'no-data', assigned: 4, expected: 3, heard: 0 }],
    [
      'query',
      readingProblem,
      { kind: 'histogram', quantile: 0.5, bounds: [1, 2], counts: [0, 4, 1], covered },
    ],
    ['query', readingProblem, { kind: 'events', events: 0, exposureMs: 1, covered }],
    [
      'query',
      readingProblem,
      { kind: 'ratio', hits: 0, total: 1, covered, assigned: 2, retried: 0, expected: 3, heard: 1 },
    ],
    ['get', storedOrGoneProblem, null],
    ['get', storedProblem, stored],
    ['acquireLease', leaseProblem, null],
    ['acquireLease', leaseProblem, lease],
    ['readEvents', eventsProblem, [{ id: '1', entry: {} }]],
  ])('is right: %s', (_call, check, answer) => {
    expect(check(answer)).toBeUndefined()
  })

  it.each<[string, Check, unknown, string]>([
    ['observe', observationProblem, undefined, 'the observation is undefined, not an object'],
    ['observe', observationProblem, [], 'the observation is a list, not an object'],
    ['observe', observationProblem, {}, 'revisions is undefined, not a list'],
    ['observe', observationProblem, { revisions: [], operations: null }, 'operations is null, not a list'],
    ['observe', observationProblem, { ...observed, etag: 7 }, 'etag is a number, not a text'],
    [
      'observe',
      observationProblem,
      { ...observed, revisions: [revision, { ...revision, state: 'up' }] },
      'revisions[1].state is none of starting, ready, unready, failed, stopping',
    ],
    [
      'observe',
      observationProblem,
      { ...observed, revisions: [{ ...revision, endpoint: { protocol: 'openai' } }] },
      'revisions[0].endpoint.address is undefined, not a text',
    ],
    [
      'observe',
      observationProblem,
      { ...observed, revisions: [{ ...revision, weight: Number.NaN }] },
      'revisions[0].weight is NaN, not a number',
    ],
    [
      'observe',
      observationProblem,
      { ...observed, revisions: [7] },
      'revisions[0] is a number, not an object',
    ],
    [
      'observe',
      observationProblem,
      { ...observed, operations: [{ operationId: 'o', state: 'gone' }] },
      'operations[0].state is none of running, succeeded, failed',
    ],
    ['apply', appliedProblem, 'accepted', 'the result is a text, not an object'],
    [
      'apply',
      appliedProblem,
      { kind: 'done' },
      'kind is none of accepted, unchanged, busy, refused, failed, not-sent',
    ],
    ['apply', appliedProblem, { kind: 'accepted', handle: 7 }, 'handle is a number, not a text'],
    ['apply', appliedProblem, { kind: 'busy' }, 'retryAfterMs is undefined, not a number'],
    ['apply', appliedProblem, { kind: 'busy', retryAfterMs: -1 }, 'retryAfterMs is below 0'],
    ['apply', appliedProblem, { kind: 'refused', reason: 'Quota' }, 'message is undefined, not a text'],
    [
      'destroy',
      destroyedProblem,
      { kind: 'refused', reason: 'a', message: 'b' },
      'kind is none of accepted, unchanged, busy, failed, not-sent',
    ],
    ['list', keysProblem, {}, 'the list is an object, not a list'],
    ['list', keysProblem, ['default/a', 'a'], 'the list[1] is not a key'],
    ['resolve', versionProblem, undefined, 'the version is undefined, not an object'],
    ['resolve', versionProblem, { ...version, version: 7 }, 'version is a number, not a text'],
    ['resolve', versionProblem, { ...version, artifact: undefined }, 'artifact is undefined, not an object'],
    [
      'resolve',
      versionProblem,
      { ...version, artifact: { kind: 'files', files: [{}] } },
      'artifact.files[0].uri is undefined, not a text',
    ],
    [
      'resolve',
      versionProblem,
      { ...version, approval: 'yes' },
      'approval is none of approved, rejected, pending, unknown',
    ],
    ['query', readingProblem, 0.5, 'the reading is a number, not an object'],
    [
      'query',
      readingProblem,
      { kind: 'rate' },
      'kind is none of ratio, value, distribution, histogram, events, no-data',
    ],
    [
      'query',
      readingProblem,
      { kind: 'ratio', hits: '1', total: 1, covered },
      'hits is a text, not a number',
    ],
    ['query', readingProblem, { kind: 'value', value: 1 }, 'covered is undefined, not an object'],
    ['query', readingProblem, { kind: 'value', value: Number.NaN, covered }, 'value is NaN, not a number'],
    [
      'query',
      readingProblem,
      { kind: 'distribution', sum: 1, sumSquares: 1, covered },
      'count is undefined, not a number',
    ],
    ...[
      [{ quantile: 1 }, 'quantile is not between 0 and 1'],
      [{ quantile: '0.5' }, 'quantile is not between 0 and 1'],
      [{ bounds: 3 }, 'bounds is a number, not a list'],
      [{ bounds: [], counts: [1] }, 'bounds is empty'],
      [{ bounds: [2, 1] }, 'bounds[1] is not above the bound before it'],
      [{ bounds: [1, '2'] }, 'bounds[1] is a text, not a number'],
      [{ counts: [0, null, 1] }, 'counts[1] is null, not a number'],
      [{ counts: [0, -1, 1] }, 'counts[1] is below 0'],
      [{ counts: [0, 1] }, 'counts has 2 numbers, and there are 2 bounds: one more is right'],
    ].map(([part, problem]): [string, Check, unknown, string] => [
      'query',
      readingProblem,
      { kind: 'histogram', quantile: 0.5, bounds: [1, 2], counts: [0, 4, 1], covered, ...(part as object) },
      problem as string,
    ]),
    [
      'query',
      readingProblem,
      { kind: 'events', events: '1', exposureMs: 1, covered },
      'events is a text, not a number',
    ],
    [
      'query',
      readingProblem,
      { kind: 'events', events: 1, exposureMs: 0, covered },
      'exposureMs is not above 0',
    ],
    ...['assigned', 'retried', 'expected', 'heard'].map((field): [string, Check, unknown, string] => [
      'query',
      readingProblem,
      { kind: 'ratio', hits: 0, total: 1, covered, [field]: 'many' },
      `${field} is a text, not a number`,
    ]),
    ['query', readingProblem, { kind: 'no-data', heard: 'none' }, 'heard is a text, not a number'],
    ['get', storedOrGoneProblem, undefined, 'the object is undefined, not an object'],
    ['get', storedProblem, { ...stored, resource: null }, 'resource is null, not an object'],
    ['acquireLease', leaseProblem, true, 'the lease is a boolean, not an object'],
    ['acquireLease', leaseProblem, { ...lease, fence: '1' }, 'fence is not a whole number'],
    ['readEvents', eventsProblem, undefined, 'the events is undefined, not a list'],
    ['readEvents', eventsProblem, [{}], 'the events[0].id is undefined, not a text'],
  ])('is wrong: %s', (_call, check, answer, problem) => {
    expect(check(answer)).toBe(problem)
  })
})
