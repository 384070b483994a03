import { ModelspineError } from '../errors.ts'
import { nearestName } from '../resources/problems/nearest-name.ts'
import type { Signal } from './contract.ts'

const kinds = ['label', 'rating', 'outcome']
const outcomeName = /^[A-Za-z0-9._-]{1,64}$/

/** How far another machine's clock may be ahead of ours. */
const maxAheadMs = 60_000

/** Throws `invalid-options` with the field and a correct value. */
export function checkSignal(signal: Signal, nowMs: number): void {
  const { kind, requestId, deployment, revision, atMs, value } = signal as Readonly<Record<string, unknown>>
  if (typeof kind !== 'string' || !kinds.includes(kind)) {
    const near = typeof kind === 'string' ? nearestName(kind, kinds) : undefined
    throw wrong('kind', kind, near === undefined ? `one of ${kinds.join(', ')}` : `"${near}"`)
  }
  if (requestId === undefined && deployment === undefined) {
    throw wrong(
      'requestId',
      requestId,
      'the id of the request that the signal is about, or give a deployment',
    )
  }
  if (requestId !== undefined && (typeof requestId !== 'string' || requestId === '')) {
    throw wrong('requestId', requestId, 'the id of the request, which came with its reply')
  }
  if (requestId !== undefined && deployment !== undefined) {
    throw wrong(
      'deployment',
      deployment,
      'no deployment together with a requestId, because the request tells the deployment',
    )
  }
  if (deployment !== undefined && (typeof deployment !== 'string' || deployment === '')) {
    throw wrong('deployment', deployment, 'a key such as default/churn')
  }
  if (revision !== undefined && (typeof revision !== 'string' || revision === '')) {
    throw wrong('revision', revision, "a revision's name, or leave it out")
  }
  if (atMs !== undefined && !(typeof atMs === 'number' && Number.isFinite(atMs) && atMs >= 0)) {
    throw wrong('atMs', atMs, 'milliseconds since the epoch')
  }
  if (typeof atMs === 'number' && atMs > nowMs + maxAheadMs) {
    throw wrong('atMs', atMs, `milliseconds since the epoch, not later than now (${nowMs})`)
  }
  checkValue(signal, value)
}

function checkValue(signal: Signal, value: unknown): void {
  switch (signal.kind) {
    case 'label':
      if (value === undefined || value === null) throw wrong('value', value, 'the correct value')
      if (signal.requestId === undefined && signal.prediction === undefined) {
        throw wrong(
          'prediction',
          undefined,
          'the value that was predicted, because the signal names no request',
        )
      }
      return
    case 'rating':
      if (!isNumber(value)) throw wrong('value', value, 'a number')
      return
    case 'outcome':
      if (typeof signal.name !== 'string' || !outcomeName.test(signal.name)) {
        throw wrong('name', signal.name, 'up to 64 letters, digits, ".", "-" or "_"')
      }
      if (typeof value !== 'boolean' && !isNumber(value))
        throw wrong('value', value, 'true, false or a number')
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}

function wrong(field: string, value: unknown, right: string): ModelspineError {
  const shown =
    typeof value === 'string'
      ? JSON.stringify(value.slice(0, 80))
      : typeof value === 'object' && value !== null
        ? 'an object'
        : String(value)
  const message = `signal.${field} is ${value === undefined ? 'missing' : shown}; give ${right}`
  return new ModelspineError('invalid-options', message, { details: { field: `signal.${field}` } })
}
