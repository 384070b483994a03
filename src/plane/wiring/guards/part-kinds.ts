import { type ErrorCode, isModelspineError } from '../../../errors.ts'
import type { PlanePart } from '../../health.ts'

/** What differs between the sorts of parts. */
export interface PartKind {
  /** How messages call it, before its name. */
  readonly title: string
  /** The code of an error that says that the part gave no answer, or no useful one. */
  readonly unavailable: ErrorCode
  /** Whether calls are held back after several of them got no answer. */
  readonly circuit: boolean
  /** Whether the loop says for which deployment it calls. */
  readonly keyed: boolean
  /** Whether an error of a call says that the part itself is failing. Other errors are answers. */
  isOwnFailure(error: unknown): boolean
  /** Whether a failure is a fault at once. Others are a fault when they come several times in a row. */
  isFaultAtOnce(error: unknown): boolean
}

/** The codes that say something about the call and not about the part that answered it. */
const answers: ReadonlySet<ErrorCode> = new Set([
  'aborted',
  'conflict',
  'fence-foreign',
  'fence-stale',
  'in-use',
  'invalid-options',
  'invalid-reference',
  'invalid-resource',
  'model-not-found',
  'not-found',
  'plan-refused',
  'secret-not-found',
  'secret-unavailable',
  'target-refused',
  'unsupported',
])

function unlessAnswer(error: unknown): boolean {
  return !isModelspineError(error) || !answers.has(error.code)
}

function isUnreadableObject(error: unknown): boolean {
  return isModelspineError(error, 'store-corrupt') && error.details.key !== undefined
}

const vendor = {
  circuit: true,
  keyed: true,
  isOwnFailure: unlessAnswer,
  isFaultAtOnce: () => false,
}

export const partKinds: Readonly<Record<PlanePart, PartKind>> = {
  target: { ...vendor, title: 'target', unavailable: 'target-unavailable' },
  registry: { ...vendor, title: 'registry', unavailable: 'registry-unavailable' },
  metrics: {
    ...vendor,
    title: 'metric source',
    unavailable: 'metric-error',
    // A metric or a label that the source does not know is not retryable.
    isOwnFailure: (error) =>
      unlessAnswer(error) && !(isModelspineError(error, 'metric-error') && !error.retryable),
  },
  policy: { ...vendor, keyed: false, title: 'policy', unavailable: 'policy-error' },
  secrets: {
    ...vendor,
    keyed: false,
    title: 'secret store',
    unavailable: 'secret-unavailable',
    isOwnFailure: (error) => unlessAnswer(error) || isModelspineError(error, 'secret-unavailable'),
  },
  // These two say by their codes that they fail, and every call is made: the plane can do little without them.
  audit: {
    title: 'the audit log',
    unavailable: 'audit-unavailable',
    circuit: false,
    keyed: false,
    // A TypeError says that an entry is not JSON.
    isOwnFailure: (error) => !(error instanceof TypeError),
    isFaultAtOnce: (error) => isModelspineError(error) && error.code.startsWith('audit-'),
  },
  store: {
    title: 'the store',
    unavailable: 'store-unavailable',
    circuit: false,
    keyed: false,
    // One object that cannot be read says nothing about the others. The store's own `faults` names it.
    isOwnFailure: (error) => unlessAnswer(error) && !isUnreadableObject(error),
    isFaultAtOnce: (error) => isModelspineError(error) && error.code.startsWith('store-'),
  },
}
