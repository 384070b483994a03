import { describe, expect, it } from 'vitest'
import { ModelspineError, unlessAborted } from '../../src/errors.ts'

describe('unlessAborted', () => {
  it('rejects for an aborted signal, and lets what fails after that end in silence', async () => {
    const unheard: unknown[] = []
    const hear = (reason: unknown): void => void unheard.push(reason)
    process.on('unhandledRejection', hear)
    try {
      const abort = new ModelspineError('aborted', 'enough')
      const failing = Promise.reject(new Error('too late'))
      await expect(unlessAborted(failing, AbortSignal.abort(), () => abort)).rejects.toBe(abort)
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off('unhandledRejection', hear)
    }
    expect(unheard).toEqual([])
  })
})
