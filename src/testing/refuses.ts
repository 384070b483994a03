import assert from 'node:assert/strict'
import { type ErrorCode, isModelspineError, messageOf } from '../errors.ts'

/** Asserts that a call fails with this code. Otherwise the message says what the call did. */
export async function refuses(code: ErrorCode, what: string, call: () => Promise<unknown>): Promise<void> {
  let error: unknown
  try {
    await call()
  } catch (thrown) {
    error = thrown
  }
  assert.ok(error !== undefined, `${what} should be refused with ${code}, but it was accepted`)
  assert.ok(
    isModelspineError(error, code),
    `${what} should be refused with ${code}, but it threw: ${messageOf(error)}`,
  )
}
